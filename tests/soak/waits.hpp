#pragma once

#include <poll.h>

#include <chrono>

#include <fmt/core.h>
#include <ringview/client.hpp>

#include "chance.hpp"

/// The ways in which a consumer can wait for messages, one of which each chooses when it attaches.
namespace ringview::soak {

enum class Way { spin, yield, sleep, event_fd };

/// Few spin: the machine may have two processors.
inline Way some_way(Random& random) {
    const std::uint64_t choice = below(random, 16);
    return choice == 0 ? Way::spin : choice < 3 ? Way::yield : choice < 8 ? Way::event_fd : Way::sleep;
}

inline Waiting waiting_of(Way way) noexcept {
    return way == Way::spin ? Waiting::spin : way == Way::yield ? Waiting::yield : Waiting::sleep;
}

inline bool is_readable(int descriptor, std::chrono::milliseconds timeout) {
    pollfd one{descriptor, POLLIN, 0};
    return poll(&one, 1, static_cast<int>(timeout.count())) == 1 && (one.revents & POLLIN) != 0;
}

inline Message<> wait_for_message(Consumer<>& consumer, Way way) {
    using namespace std::chrono_literals;
    if (way != Way::event_fd) return consumer.next(way == Way::spin ? 2ms : 20ms);
    const int descriptor = consumer.event_fd();
    const bool was_readable = is_readable(descriptor, 20ms);
    Message<> message = consumer.try_next();
    const bool is_still = !was_readable || !message || is_readable(descriptor, 0ms);
    require(is_still, "the descriptor is not readable any more, and no call has found the ring empty");
    return message;
}

}  // namespace ringview::soak
