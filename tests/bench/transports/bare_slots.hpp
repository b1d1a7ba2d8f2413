#pragma once

#include <atomic>
#include <new>
#include <stdexcept>

#include <ringview/platform/cpu.hpp>

#include "../payload.hpp"
#include "../transport.hpp"
#include "../two_processes.hpp"

namespace ringview::bench {

/// The ring's slots and nothing else: a seq and a length before each payload, packed at 16 bytes, the consumer polling
/// the seq in a mapping that it cannot write to. What these bytes cost on this machine, without readers that come and
/// go, sleep, death or checks. The distance from here to ringview is ringview's own; the distance from a bare cache
/// line to here is the hardware's. With `reader_may_write`, what it costs that a consumer cannot.
template <bool reader_may_write = false>
class BareSlots {
 public:
    static constexpr const char* name = reader_may_write ? "writable_bare_slots" : "bare_slots";
    static constexpr std::size_t header_bytes = 16;

    struct Queue {
        std::atomic<std::uint64_t>* tail;
        std::byte* slots;
        const std::byte* slots_to_read;
    };
    struct Channel {
        explicit Channel(const TransportParameters& parameters) : memory(2 * queue_bytes(parameters)) {
            auto* base = static_cast<std::byte*>(memory.data());
            const auto* to_read = static_cast<const std::byte*>(reader_may_write ? base : memory.read_only());
            for (Queue& queue : queues) {
                queue = {new (base) std::atomic<std::uint64_t>{0}, base + 128, to_read + 128};
                base += queue_bytes(parameters);
                to_read += queue_bytes(parameters);
            }
        }
        static std::size_t queue_bytes(const TransportParameters& parameters) {
            return 128 + parameters.depth * (header_bytes + parameters.bytes);
        }
        SharedMemory memory;
        Queue queues[2];
    };

    BareSlots(Channel& channel, Side side, const TransportParameters& parameters)
        : out_(channel.queues[side == Side::ours ? 0 : 1]),
          in_(channel.queues[side == Side::ours ? 1 : 0]),
          bytes_(parameters.bytes),
          depth_(parameters.depth) {}

    [[gnu::always_inline]] void send(std::uint64_t number) {
        while (head_ - known_tail_ == depth_) {
            known_tail_ = out_.tail->load(std::memory_order_acquire);
            if (head_ - known_tail_ == depth_) platform::relax();
        }
        std::byte* slot = out_.slots + offset_of(head_);
        write_payload(slot + header_bytes, bytes_, number);
        word(slot + 8).store(bytes_, std::memory_order_relaxed);
        word(slot).store(++head_, std::memory_order_release);
    }
    [[gnu::always_inline]] bool try_receive(std::uint64_t number) {
        const std::byte* slot = in_.slots_to_read + offset_of(tail_);
        if (word(slot).load(std::memory_order_acquire) != tail_ + 1) {
            platform::prefetch(slot + 64);
            return false;
        }
        check_payload(slot + header_bytes, bytes_, number);
        in_.tail->store(++tail_, std::memory_order_release);
        return true;
    }
    void receive(std::uint64_t) { throw std::logic_error("bare slots cannot be slept on"); }

 private:
    std::uint64_t offset_of(std::uint64_t position) const {
        return (position & (depth_ - 1)) * (header_bytes + bytes_);
    }
    static std::atomic<std::uint64_t>& word(std::byte* at) {
        return *reinterpret_cast<std::atomic<std::uint64_t>*>(at);
    }
    static const std::atomic<std::uint64_t>& word(const std::byte* at) {
        return *reinterpret_cast<const std::atomic<std::uint64_t>*>(at);
    }

    Queue out_;
    Queue in_;
    std::size_t bytes_;
    std::uint64_t depth_;
    std::uint64_t head_ = 0;
    std::uint64_t known_tail_ = 0;
    std::uint64_t tail_ = 0;
};

}  // namespace ringview::bench
