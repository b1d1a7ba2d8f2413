#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <ringview/ring/eviction.hpp>

#include "stream.hpp"

namespace ringview::test {
namespace {

/// Takes and holds until it is evicted; then everything that it still holds is looked at once more. False where
/// something is not what it should be.
bool read_until_evicted(InProcessRing<>::Consumer& consumer, const std::atomic<bool>& is_over) {
    std::vector<ring::Received> held;
    Error::Code code{};
    for (layout::Position expected = consumer.next_position(); code != Error::evicted;) {
        ring::Received message;
        code = consumer.next(message, ring::Deadline::after(std::chrono::milliseconds(1)));
        if (message.payload != nullptr) {
            if (message.position != expected++ || !StreamMessage(message.position).equals(message)) return false;
            held.push_back(message);
        }
        if (held.size() > 2 && code != Error::evicted) {
            consumer.release(held.front().position);
            held.erase(held.begin());
        }
    }
    while (!is_over.load(std::memory_order_relaxed)) {
        for (const ring::Received& message : held) {
            if (!StreamMessage(message.position).equals(message)) return false;
        }
    }
    for (const ring::Received& message : held) consumer.release(message.position);
    return true;
}

/// ThreadSanitizer sees a slot that is written while it is read.
void evict_again_and_again(bool asymmetric_barrier) {
    for (int round = 0; round < 60; ++round) {
        StreamPlan plan{.slots = 8, .asymmetric_barrier = asymmetric_barrier};
        const InProcessRing<> ring(ring_for(plan));
        auto producer = ring.producer();
        auto consumer = ring.evictable_consumer();
        std::atomic<bool> is_over{false};
        std::atomic<bool> is_fine{false};
        std::atomic<std::uint64_t> sent{0};
        std::thread reader([&] { is_fine = read_until_evicted(consumer, is_over); });
        std::thread writer([&] {
            while (!is_over.load(std::memory_order_relaxed) && send_stream(producer, 1)) ++sent;
        });
        const auto wait_for = [&](std::uint64_t count) {
            while (sent.load() < count) std::this_thread::yield();
        };
        wait_for(static_cast<std::uint64_t>(round) * 7);
        ASSERT_TRUE(ring::evict(ring.daemon(), ring.barrier(), 0, ring::HeldMarks::stored));
        wait_for(sent.load() + 40);
        is_over = true;
        reader.join();
        writer.join();
        EXPECT_TRUE(is_fine) << round;
        EXPECT_TRUE(ring::settle_evicted(ring.daemon(), 0));
    }
}

TEST(EvictionThreads, OverwriteNothingThatTheEvictedHolds) {
    evict_again_and_again(true);
}

TEST(EvictionThreads, OverwriteNothingThatTheEvictedHoldsWithFencesInPlaceOfMembarrier) {
    evict_again_and_again(false);
}

}  // namespace
}  // namespace ringview::test
