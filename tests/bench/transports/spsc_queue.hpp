#pragma once

#include <atomic>
#include <memory>
#include <new>
#include <stdexcept>

#include <ringview/platform/cpu.hpp>

#include "../payload.hpp"
#include "../transport.hpp"
#include "../two_processes.hpp"

namespace ringview::bench {

/// The single-producer single-consumer queue of the field, written for this comparison: a power of two of slots, head
/// and tail on lines of their own, and on each side a copy of the other's index that is refreshed only when it says
/// full or empty. Payloads are written and read in place. It knows neither death nor sleep, one reader, one size.
class SpscQueue {
 public:
    static constexpr const char* name = "spsc_queue";

    struct Indices {
        alignas(128) std::atomic<std::uint64_t> head{0};
        alignas(128) std::atomic<std::uint64_t> tail{0};
    };
    struct Queue {
        Indices* indices;
        std::byte* slots;
    };
    struct Channel {
        explicit Channel(const TransportParameters& parameters)
            : memory(2 * (sizeof(Indices) + parameters.depth * parameters.bytes)) {
            auto* base = static_cast<std::byte*>(memory.data());
            for (Queue& queue : queues) {
                queue = {new (base) Indices, base + sizeof(Indices)};
                base += sizeof(Indices) + parameters.depth * parameters.bytes;
            }
        }
        SharedMemory memory;
        Queue queues[2];
    };

    SpscQueue(Channel& channel, Side side, const TransportParameters& parameters)
        : out_(channel.queues[side == Side::ours ? 0 : 1]),
          in_(channel.queues[side == Side::ours ? 1 : 0]),
          bytes_(parameters.bytes),
          depth_(parameters.depth) {}

    // Whether these two are inlined is left to the compiler: where they are made to be, the queue is slower, for its
    // ends then look at each other's index more often.
    void send(std::uint64_t number) {
        while (head_ - known_tail_ == depth_) {
            known_tail_ = out_.indices->tail.load(std::memory_order_acquire);
            if (head_ - known_tail_ == depth_) platform::relax();
        }
        write_payload(out_.slots + (head_ & (depth_ - 1)) * bytes_, bytes_, number);
        out_.indices->head.store(++head_, std::memory_order_release);
    }
    bool try_receive(std::uint64_t number) {
        if (tail_ == known_head_) {
            known_head_ = in_.indices->head.load(std::memory_order_acquire);
            if (tail_ == known_head_) return false;
        }
        check_payload(in_.slots + (tail_ & (depth_ - 1)) * bytes_, bytes_, number);
        in_.indices->tail.store(++tail_, std::memory_order_release);
        return true;
    }
    void receive(std::uint64_t) { throw std::logic_error("this queue cannot be slept on"); }

 private:
    Queue out_;
    Queue in_;
    std::size_t bytes_;
    std::uint64_t depth_;
    std::uint64_t head_ = 0;
    std::uint64_t known_tail_ = 0;
    std::uint64_t tail_ = 0;
    std::uint64_t known_head_ = 0;
};

}  // namespace ringview::bench
