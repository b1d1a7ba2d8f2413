#pragma once

#include <unistd.h>

#include <algorithm>
#include <chrono>

#include <fmt/core.h>
#include <ringview/ringview.hpp>

#include "chance.hpp"
#include "waits.hpp"

/// What a consumer is told, and what everybody else is told of it, once the daemon has evicted it.
namespace ringview::soak {

inline ConsumerInfo info_of_this_process(Client& client, const std::string& ring) {
    const RingInfo info = client.stat(ring);
    const auto own = std::find_if(info.consumers.begin(), info.consumers.end(),
                                  [](const ConsumerInfo& consumer) { return consumer.pid == getpid(); });
    require(own != info.consumers.end(), "a consumer that has not closed its handle is not in stat");
    return *own;
}

/// By one that holds a message: the stall timeout must come.
inline void wait_until_evicted(Client& client, const std::string& ring) {
    for (unsigned tries = 0; !info_of_this_process(client, ring).evicted; ++tries) {
        require(tries < 1000, "a consumer that stands still is not evicted");
        platform::sleep_for(std::chrono::milliseconds(10));
    }
}

inline void check_is_listed_as_evicted(Client& client, const std::string& ring, std::uint64_t holds) {
    const ConsumerInfo own = info_of_this_process(client, ring);
    require(own.evicted && own.alive, "stat does not show that a consumer is evicted");
    // What was released between two that are held may count.
    require(own.held >= holds, fmt::format("stat shows {} held by an evicted consumer that holds {}", own.held, holds));
}

inline void check_every_call_says_evicted(Consumer<>& consumer, Way way) {
    using namespace std::chrono_literals;
    require(way != Way::event_fd || is_readable(consumer.event_fd(), 10s),
            "eviction does not make the descriptor readable");
    require(consumer.try_next().error() == Error::evicted, "try_next does not say evicted");
    require(consumer.try_next(4).error() == Error::evicted, "a batch does not say evicted");
    require(consumer.next(10s).error() == Error::evicted, "next does not say evicted");
    require(consumer.try_latest().error() == Error::evicted, "try_latest does not say evicted");
}

}  // namespace ringview::soak
