#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "futex_probe.hpp"
#include "ring_fixture.hpp"

/// A sleep races its wake-up as closely as it can be made to, thousands of times. A wake-up that gets lost shows as a
/// sleep that only its bound ends, and that bound is stretched beyond any other reason.
namespace ringview::test {
namespace {

using namespace std::chrono_literals;
using ring::Deadline;

constexpr auto time_for_a_race = 2s;

/// A race goes on until it has seen so many: a few, or what RINGVIEW_SLEEPS says (./run soak: millions in all).
std::uint64_t fewest_sleeps() {
    constexpr std::uint64_t for_a_test_run = 20;
    const char* const asked = std::getenv("RINGVIEW_SLEEPS");
    return asked == nullptr ? for_a_test_run : std::stoull(asked);
}

/// Lets the other side come close to its sleep: for a random time, or, every other time, until it has said that it is
/// about to sleep, for on a busy machine the first kind hardly ever gets there.
class Approach {
 public:
    void operator()(const std::atomic<std::uint64_t>& sleepers_bits) {
        const bool until_it_is_said = random_() % 2 == 0;
        while (until_it_is_said && sleepers_bits.load(std::memory_order_relaxed) == 0) std::this_thread::yield();
        const auto delay = std::chrono::nanoseconds(random_() % (until_it_is_said ? 2'000 : 20'000));
        const auto end = std::chrono::steady_clock::now() + delay;
        while (std::chrono::steady_clock::now() < end) {
        }
    }

 private:
    std::mt19937 random_{7};
};

/// Whether the race goes on: for its time, and until it has seen some sleeps; not beyond a lost wake-up.
class RaceClock {
 public:
    explicit RaceClock(std::chrono::steady_clock::duration time) : end_(std::chrono::steady_clock::now() + time) {}
    bool goes_on() const {
        const FutexCounts counts = futex_counts();
        if (counts.overslept != 0) return false;
        return counts.sleeps < fewest_sleeps_ || std::chrono::steady_clock::now() < end_;
    }

 private:
    std::chrono::steady_clock::time_point end_;
    std::uint64_t fewest_sleeps_ = fewest_sleeps();
};

enum class Kind {
    membarrier,
    help,  ///< the sleepers may not call membarrier, and the daemon does it for them
    fences,
};

// In so small a ring a full producer waits for a single slot: every release is to wake it.
layout::RingParameters tiny_ring(Kind kind) {
    layout::RingParameters p = ring_of(2, two_to_32 - 100);
    p.asymmetric_barrier = kind != Kind::fences;
    return p;
}

/// As the daemon would.
ring::Barrier helped_barrier(const InProcessRing<>& ring) {
    return ring::Barrier(ring.geometry().asymmetric_barrier, [](void*) noexcept { return help_with_membarrier(); });
}

InProcessRing<>::Consumer helped_consumer(const InProcessRing<>& ring) {
    const layout::Position start = ring.join();
    return {{ring.geometry(), ring.bytes().slots().data(), ring.bytes().cursors().data()},
            helped_barrier(ring),
            0,
            start,
            0};
}

InProcessRing<>::Producer helped_producer(const InProcessRing<>& ring) {
    ring::open_producer_line(ring.daemon(), 0);
    return {{ring.geometry(), ring.bytes().slots().data(), ring.bytes().cursors().data()}, helped_barrier(ring), 0};
}

void race_publishes_against_a_consumer(const InProcessRing<>& ring, RaceClock clock) {
    auto producer = ring.producer();
    auto consumer = helped_consumer(ring);
    std::atomic<std::uint64_t> taken{0};
    std::atomic<bool> is_over{false};
    std::thread consuming([&] {
        while (!is_over.load()) {
            ring::Received message;
            ASSERT_EQ(consumer.next(message, Deadline::never()), ok);
            consumer.release(message.position);
            taken.fetch_add(1);
        }
    });
    Approach approach;
    std::uint64_t sent = 0;
    for (; clock.goes_on(); ++sent) {
        while (taken.load() != sent) std::this_thread::yield();
        approach(ring.daemon().waiters().bits);
        publish_numbers(producer, sent, 1);
    }
    while (taken.load() != sent) std::this_thread::yield();
    is_over.store(true);
    publish_numbers(producer, sent, 1);
    consuming.join();
}

void race_releases_against_a_producer(const InProcessRing<>& ring, RaceClock clock) {
    auto producer = helped_producer(ring);
    auto consumer = ring.consumer();
    std::atomic<std::uint64_t> sent{0};
    std::atomic<bool> is_over{false};
    std::thread producing([&] {
        for (;;) {
            ASSERT_EQ(producer.reserve(Deadline::never()), ok);
            if (is_over.load()) return;
            write_number(producer, sent.load());
            producer.publish(sizeof(std::uint64_t));
            sent.fetch_add(1);
        }
    });
    Approach approach;
    for (std::uint64_t taken = 0; clock.goes_on(); ++taken) {
        while (sent.load() != taken + ring.geometry().slot_count) std::this_thread::yield();
        approach(ring.daemon().state().producers_waiting.value);
        expect_numbers(consumer, taken, 1);
    }
    is_over.store(true);
    ring::leave(ring.daemon(), 0);
    producing.join();
}

class LostWake : public testing::TestWithParam<Kind> {
 public:
    LostWake() {
        stretch_sleeps(5s);
        fail_membarriers(GetParam() == Kind::help);
        reset_futex_counts();
    }
    ~LostWake() override {
        EXPECT_GE(futex_counts().sleeps, fewest_sleeps()) << "without sleeps nothing was tried";
        fail_membarriers(false);
        stretch_sleeps(ring::longest_sleep);
    }
};

INSTANTIATE_TEST_SUITE_P(Barrier, LostWake, testing::Values(Kind::membarrier, Kind::help, Kind::fences),
                         [](const auto& kind) {
                             if (kind.param == Kind::fences) return "Fences";
                             return kind.param == Kind::help ? "Help" : "Asymmetric";
                         });

TEST_P(LostWake, NoConsumerOversleepsAPublish) {
    race_publishes_against_a_consumer(InProcessRing<>(tiny_ring(GetParam())), RaceClock(time_for_a_race));
    EXPECT_EQ(futex_counts().overslept, 0U);
}

TEST_P(LostWake, NoProducerOversleepsARelease) {
    race_releases_against_a_producer(InProcessRing<>(tiny_ring(GetParam())), RaceClock(time_for_a_race));
    EXPECT_EQ(futex_counts().overslept, 0U);
}

}  // namespace
}  // namespace ringview::test
