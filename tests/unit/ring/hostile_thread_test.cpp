#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <thread>

#include <gtest/gtest.h>

#include "ring_fixture.hpp"

/// Peers that change their words all the time while somebody else depends on them.
namespace ringview::test {
namespace {

using namespace std::chrono_literals;
using ring::Deadline;

/// Does something over and over in a thread of its own.
class Pest {
 public:
    explicit Pest(std::function<void(std::uint64_t)> deed)
        : thread_([this, deed = std::move(deed)] {
              for (std::uint64_t i = 0; !is_over_.load(std::memory_order_relaxed); ++i) {
                  deed(i);
                  if (i == 100) has_begun_.store(true);
              }
          }) {
        while (!has_begun_.load()) std::this_thread::yield();
    }
    ~Pest() {
        is_over_.store(true);
        thread_.join();
    }
    Pest(const Pest&) = delete;
    Pest& operator=(const Pest&) = delete;

 private:
    std::atomic<bool> has_begun_{false};
    std::atomic<bool> is_over_{false};
    std::thread thread_;
};

TEST(HostileThread, AGateThatNeverStopsRisingDoesNotKeepTheDaemonInAJoin) {
    const InProcessRing<> ring(ring_of(4));
    auto& gate = ring.daemon().state().gate.value;
    const auto& epoch = ring.daemon().state().membership.join_epoch;
    const Pest producer([&](std::uint64_t i) { gate.store(1000 * i, std::memory_order_relaxed); });
    const Deadline end = Deadline::after(200ms);
    std::uint64_t most_turns = 0;
    while (!end.has_passed()) {
        const std::uint64_t before = epoch.load();
        ring.join();
        most_turns = std::max(most_turns, epoch.load() - before);
    }
    // An honest producer makes a joiner move up once: what it announces later respects the cursor it has found.
    EXPECT_LE(most_turns, 2 * layout::max_producers);
}

TEST(HostileThread, ASeqThatNeverStandsStillDoesNotKeepAConsumerBeyondItsDeadline) {
    const InProcessRing<> ring(ring_of(4));
    auto consumer = ring.consumer();
    auto& seq = ring.daemon().slot(0).seq;
    const Pest producer([&](std::uint64_t i) { seq.store(layout::seq_of(0) - 1 - i % 1000); });
    ring::Received message;
    EXPECT_EQ(consumer.next(message, Deadline::after(50ms)), Error::empty);
}

TEST(HostileThread, APosThatNeverStandsStillDoesNotKeepAProducerBeyondItsDeadlineNorMoveTheHonestOnes) {
    const InProcessRing<> ring(ring_of(4));
    auto producer = ring.producer();
    auto honest = ring.consumer(0);
    ring.join(1);
    publish_numbers(producer, 0, 4);
    auto& pos = ring.daemon().cursor(1).pos;
    const Pest consumer([&](std::uint64_t i) { pos.store(i * 0x9E37'79B9'7F4A'7C15 >> i % 64); });
    EXPECT_EQ(producer.reserve(Deadline::after(50ms)), Error::full);
    expect_numbers(honest, 0, 4);
}

TEST(HostileThread, WaitsThatNeverStandStillDoNotDisturbAStream) {
    const InProcessRing<> ring(ring_of(4));
    auto producer = ring.producer();
    auto consumer = ring.consumer();
    const auto daemon = ring.daemon();
    const Pest peer([&](std::uint64_t i) {
        daemon.waiters().bits.store(~std::uint64_t{0} << i % 64);
        daemon.cursor(static_cast<unsigned>(1 + i % 63)).wait_seq.store(i);
        daemon.state().producers_waiting.value.store(i);
        daemon.producer_line(0).wait_pos.store(i * 7);
        daemon.producer_line(0).wait_subscription.store(i % 80);
    });
    for (std::uint64_t i = 0; i < 2000; ++i) {
        publish_numbers(producer, i, 1);
        expect_numbers(consumer, i, 1);
    }
}

}  // namespace
}  // namespace ringview::test
