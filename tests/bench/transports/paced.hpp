#pragma once

#include <atomic>
#include <new>

#include <ringview/platform/cpu.hpp>

#include "../transport.hpp"
#include "../two_processes.hpp"

namespace ringview::bench {

/// A transport whose sender never gets further ahead than half its depth, whatever it does by itself: so consumers that
/// their producer does not wait for keep up all the same. One look and one store in so many messages.
template <class Transport>
class Paced {
 public:
    static constexpr std::uint64_t look_every = 128;

    struct Channel {
        explicit Channel(const TransportParameters& parameters)
            : channel(parameters), memory(128), received(new (memory.data()) std::atomic<std::uint64_t>{0}) {}
        typename Transport::Channel channel;
        SharedMemory memory;
        std::atomic<std::uint64_t>* received;
    };

    Paced(Channel& channel, Side side, const TransportParameters& parameters)
        : transport_(channel.channel, side, parameters), received_(*channel.received), ahead_(parameters.depth / 2) {}

    [[gnu::always_inline]] void send(std::uint64_t number) {
        if (number % look_every == 0) {
            while (number - received_.load(std::memory_order_acquire) > ahead_) platform::relax();
        }
        transport_.send(number);
    }
    [[gnu::always_inline]] bool try_receive(std::uint64_t number) {
        if (!transport_.try_receive(number)) return false;
        if (number % look_every == 0) received_.store(number, std::memory_order_release);
        return true;
    }
    void receive(std::uint64_t number) { transport_.receive(number); }

 private:
    Transport transport_;
    std::atomic<std::uint64_t>& received_;
    std::uint64_t ahead_;
};

}  // namespace ringview::bench
