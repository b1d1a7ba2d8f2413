#pragma once

#include <chrono>

#include <ringview/platform/cpu.hpp>

#include "../transport.hpp"

namespace ringview::bench {

/// A transport whose ends think before each message, long enough for the other to fall asleep: a round trip is twice
/// that, and two sleepers woken.
template <class Transport>
class Thoughtful : public Transport {
 public:
    static constexpr std::chrono::microseconds thought{20};

    using Transport::Transport;

    void send(std::uint64_t number) {
        platform::pause_for(thought);
        Transport::send(number);
    }
};

}  // namespace ringview::bench
