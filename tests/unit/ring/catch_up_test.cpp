#include <algorithm>
#include <chrono>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>
#include <ringview/ring/catch_up.hpp>

#include "futex_probe.hpp"
#include "publishing_alarm.hpp"
#include "ring_fixture.hpp"

namespace ringview::test {
namespace {

using namespace std::chrono_literals;
using ring::CatchUp;

class CatchUpFrom : public RingFrom {
 protected:
    static constexpr unsigned for_ever = 1000;

    /// A look ahead that finds the producer near for so many looks.
    unsigned keep_distance(unsigned near_looks) {
        const unsigned pauses = catch_up.keep_distance(next, [&](layout::Position) { return near_looks-- == 0; });
        next += ring::look_ahead_every;
        return pauses;
    }
    std::chrono::nanoseconds shortest_look(unsigned near_looks) {
        auto shortest = std::chrono::nanoseconds::max();
        for (int i = 0; i < 300; ++i) {
            const auto begin = std::chrono::steady_clock::now();
            keep_distance(near_looks);
            shortest = std::min<std::chrono::nanoseconds>(shortest, std::chrono::steady_clock::now() - begin);
        }
        return shortest;
    }

    layout::Position next = first();
    CatchUp catch_up{1024, first()};
};
RINGVIEW_FROM_EVERY_WRAP(CatchUpFrom);

TEST_P(CatchUpFrom, LooksAheadOnceInSoManyPositions) {
    for (const bool is_near : {false, true}) {
        CatchUp looker(1024, first());
        std::uint64_t looks = 0;
        for (std::uint64_t i = 0; i < 10 * ring::look_ahead_every; ++i) {
            ASSERT_EQ(looker.should_look_ahead(first() + i), i % ring::look_ahead_every == 0) << "position " << i;
            if (!looker.should_look_ahead(first() + i)) continue;
            looker.keep_distance(first() + i, [&](layout::Position) { return !is_near; });
            ++looks;
        }
        EXPECT_EQ(looks, 10U);
    }
}

TEST_P(CatchUpFrom, AConsumerThatHasPassedThePositionLooksAheadAtTheNextThatItReads) {
    keep_distance(0);
    const layout::Position far_on = first() + 10 * ring::look_ahead_every + 7;
    EXPECT_TRUE(catch_up.should_look_ahead(far_on));
    next = far_on;
    keep_distance(0);
    EXPECT_FALSE(catch_up.should_look_ahead(far_on + ring::look_ahead_every - 1));
    EXPECT_TRUE(catch_up.should_look_ahead(far_on + ring::look_ahead_every));
}

TEST_P(CatchUpFrom, AsksForTheSafeDistanceOrAQuarterOfASmallerRing) {
    const auto asked_in = [&](std::uint64_t slots) {
        CatchUp looker(slots, first());
        std::vector<layout::Position> positions;
        looker.keep_distance(first() + 9, [&](layout::Position ahead) {
            positions.push_back(ahead - first() - 9);
            return true;
        });
        return positions;
    };
    using Distances = std::vector<layout::Position>;
    EXPECT_EQ(asked_in(1 << 20), Distances{ring::safe_distance});
    EXPECT_EQ(asked_in(4 * ring::safe_distance), Distances{ring::safe_distance});
    EXPECT_EQ(asked_in(2 * ring::safe_distance), Distances{ring::safe_distance / 2});
    EXPECT_EQ(asked_in(8), Distances{2});
}

TEST_P(CatchUpFrom, PausesWhereTheProducerIsNearAndNowhereElse) {
    EXPECT_EQ(keep_distance(0), 0U);
    EXPECT_EQ(keep_distance(1), 1U);
    const auto without_pause = shortest_look(0);
    const auto with_pauses = shortest_look(3);
    EXPECT_GE(with_pauses, without_pause + 3 * ring::shortest_catch_up / 2)
        << with_pauses.count() << ", " << without_pause.count();
}

TEST_P(CatchUpFrom, LooksAgainAfterEachPauseButNotForEver) {
    EXPECT_EQ(keep_distance(5), 5U);
    EXPECT_EQ(keep_distance(ring::most_distance_pauses - 1), ring::most_distance_pauses - 1);
    EXPECT_EQ(keep_distance(for_ever), ring::most_distance_pauses);
    EXPECT_EQ(catch_up.duration(), ring::shortest_catch_up) << "that is another pause";
}

/// A consumer that waits, and whose messages come one at a time, each as soon as it waits.
class WaitingConsumer : public CatchUpFrom {
 protected:
    WaitingConsumer() { consumer.set_alarm(&alarm); }

    void SetUp() override { reset_futex_counts(); }
    void wait_for_message() {
        ring::Received message;
        ASSERT_EQ(consumer.next(message, ring::Deadline::never()), ok);
        consumer.release(message.position);
    }

    const InProcessRing<> ring{parameters(ring::burst_slots)};
    InProcessRing<>::Producer producer = ring.producer();
    InProcessRing<>::Consumer consumer = ring.consumer();
    PublishingAlarm alarm{[this] { publish_numbers(producer, 0, 1); }};
};
RINGVIEW_FROM_EVERY_WRAP(WaitingConsumer);

TEST_P(WaitingConsumer, LooksOnceBeforeEachMessageSoThatABurstGoesOn) {
    for (std::uint64_t i = 0; i < ring::burst_messages; ++i) wait_for_message();
    EXPECT_EQ(futex_counts().pauses, 0U);
    wait_for_message();
    EXPECT_EQ(futex_counts().pauses, 1U);
    for (std::uint64_t i = 0; i < ring::burst_messages; ++i) wait_for_message();
    EXPECT_EQ(futex_counts().pauses, 2U) << "the next burst began behind the pause";
}

TEST_P(WaitingConsumer, HasNoBurstBehindItWhereItHasLookedTwiceInVain) {
    for (std::uint64_t i = 0; i < 5 * ring::burst_messages; ++i) {
        EXPECT_EQ(try_next_code(consumer), Error::empty);
        wait_for_message();
    }
    EXPECT_EQ(futex_counts().pauses, 0U);
}

}  // namespace
}  // namespace ringview::test
