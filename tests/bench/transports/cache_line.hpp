#pragma once

#include <atomic>
#include <new>
#include <stdexcept>

#include "../transport.hpp"
#include "../two_processes.hpp"

namespace ringview::bench {

/// One word each way, alone on its line: what the hardware needs at least to tell another processor something.
class CacheLine {
 public:
    static constexpr const char* name = "cacheline_pingpong";

    struct Words {
        alignas(128) std::atomic<std::uint64_t> there{0};
        alignas(128) std::atomic<std::uint64_t> back{0};
    };
    struct Channel {
        explicit Channel(const TransportParameters&) : memory(sizeof(Words)), words(new (memory.data()) Words) {}
        SharedMemory memory;
        Words* words;
    };

    CacheLine(Channel& channel, Side side, const TransportParameters&)
        : out_(side == Side::ours ? channel.words->there : channel.words->back),
          in_(side == Side::ours ? channel.words->back : channel.words->there) {}

    [[gnu::always_inline]] void send(std::uint64_t number) { out_.store(number, std::memory_order_release); }
    [[gnu::always_inline]] bool try_receive(std::uint64_t number) {
        return in_.load(std::memory_order_acquire) == number;
    }
    void receive(std::uint64_t) { throw std::logic_error("a bare cache line cannot be slept on"); }

 private:
    std::atomic<std::uint64_t>& out_;
    std::atomic<std::uint64_t>& in_;
};

}  // namespace ringview::bench
