#pragma once

#include <chrono>

#include <ringview/platform/futex.hpp>

#include "cache_line.hpp"

namespace ringview::bench {

/// One futex word each way: what the kernel needs at least to put one process to sleep and wake the other.
class FutexWords {
 public:
    static constexpr const char* name = "futex_pingpong";
    using Channel = CacheLine::Channel;

    FutexWords(Channel& channel, Side side, const TransportParameters&)
        : out_(side == Side::ours ? channel.words->there : channel.words->back),
          in_(side == Side::ours ? channel.words->back : channel.words->there) {}

    void send(std::uint64_t number) {
        out_.store(number, std::memory_order_release);
        platform::futex_wake_all(&out_);
    }
    bool try_receive(std::uint64_t number) { return in_.load(std::memory_order_acquire) == number; }
    void receive(std::uint64_t number) {
        while (in_.load(std::memory_order_acquire) != number) {
            platform::futex_wait(&in_, static_cast<std::uint32_t>(number - 1), std::chrono::seconds{1});
        }
    }

 private:
    std::atomic<std::uint64_t>& out_;
    std::atomic<std::uint64_t>& in_;
};

}  // namespace ringview::bench
