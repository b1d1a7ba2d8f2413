#include <algorithm>
#include <chrono>
#include <cstdint>

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
    static constexpr std::int64_t fast = 20;  // messages that a producer writes in one of our pauses
    static constexpr std::int64_t enough = static_cast<std::int64_t>(ring::fast_messages_a_pause);
    static constexpr std::int64_t slow = 1;
    static constexpr unsigned telling_pauses = ring::settling_pauses + 1;

    /// A look at a producer that is so far ahead, and writes on. Returns how often we paused.
    unsigned look_at(std::int64_t lead, std::int64_t messages_a_pause) {
        const auto is_ready = [&](layout::Position position) {
            const bool is_there = layout::distance(next + static_cast<std::uint64_t>(lead), position) >= 0;
            // Where it is not at the safe distance yet, a pause follows.
            if (position == next + ring::safe_distance) lead += messages_a_pause;
            return is_there;
        };
        return catch_up.keep_distance(next, is_ready, [&] { return next + static_cast<std::uint64_t>(lead) + 1; });
    }
    /// Reads on until it is time for a look, and says how far that was.
    std::uint64_t read_until_look() {
        const layout::Position begin = next;
        while (!catch_up.should_look_ahead(next)) ++next;
        return next - begin;
    }
    std::chrono::nanoseconds shortest_look(std::int64_t lead) {
        auto shortest = std::chrono::nanoseconds::max();
        for (int i = 0; i < 300; ++i) {
            const auto begin = std::chrono::steady_clock::now();
            look_at(lead, fast);
            shortest = std::min<std::chrono::nanoseconds>(shortest, std::chrono::steady_clock::now() - begin);
        }
        return shortest;
    }

    layout::Position next = first();
    CatchUp catch_up{1024, first()};
    static constexpr auto safe = static_cast<std::int64_t>(ring::safe_distance);
};
RINGVIEW_FROM_EVERY_WRAP(CatchUpFrom);

TEST_P(CatchUpFrom, LooksAheadOnceInSoManyPositionsWhereTheProducerIsFastOrFar) {
    for (const std::int64_t lead : {std::int64_t{0}, safe}) {
        EXPECT_TRUE(catch_up.should_look_ahead(next));
        for (int i = 0; i < 10; ++i) {
            look_at(lead, fast);
            EXPECT_EQ(read_until_look(), ring::look_ahead_every);
        }
    }
}

TEST_P(CatchUpFrom, AConsumerThatHasPassedThePositionLooksAheadAtTheNextThatItReads) {
    look_at(safe, fast);
    next += 10 * ring::look_ahead_every + 7;
    EXPECT_TRUE(catch_up.should_look_ahead(next));
    look_at(safe, fast);
    EXPECT_EQ(read_until_look(), ring::look_ahead_every);
}

TEST_P(CatchUpFrom, AsksForTheSafeDistanceOrAQuarterOfASmallerRing) {
    const auto asked_in = [&](std::uint64_t slots) {
        CatchUp looker(slots, first());
        std::uint64_t asked = 0;
        const auto is_ready = [&](layout::Position ahead) {
            asked = ahead - first() - 9;
            return true;
        };
        const unsigned pauses = looker.keep_distance(first() + 9, is_ready, [&] { return first(); });
        EXPECT_EQ(pauses, 0U);
        return asked;
    };
    EXPECT_EQ(asked_in(1 << 20), ring::safe_distance);
    EXPECT_EQ(asked_in(4 * ring::safe_distance), ring::safe_distance);
    EXPECT_EQ(asked_in(2 * ring::safe_distance), ring::safe_distance / 2);
    EXPECT_EQ(asked_in(8), 2U);
}

TEST_P(CatchUpFrom, PausesWhereTheProducerIsNearAndNowhereElse) {
    EXPECT_EQ(look_at(safe, fast), 0U);
    EXPECT_EQ(look_at(safe - 1, fast), 1U);
    EXPECT_EQ(look_at(safe - 3 * fast, fast), 3U);
    const auto without_pause = shortest_look(safe);
    const auto with_pauses = shortest_look(safe - 3 * fast);
    EXPECT_GE(with_pauses, without_pause + 3 * ring::shortest_catch_up / 2)
        << with_pauses.count() << ", " << without_pause.count();
}

TEST_P(CatchUpFrom, PausesUntilTheProducerIsFarButNotForEver) {
    EXPECT_EQ(look_at(safe - 10 * fast, fast), 10U);
    EXPECT_EQ(look_at(0, enough), ring::most_distance_pauses);
    EXPECT_EQ(look_at(0, slow), telling_pauses) << "a slow producer";
    EXPECT_EQ(look_at(0, enough - 2), 7U) << "one that is just too slow";
    EXPECT_EQ(look_at(0, 0), telling_pauses) << "a burst that is over";
    EXPECT_EQ(look_at(safe - 1, 0), telling_pauses) << "one of which much is left to be read";
    EXPECT_EQ(catch_up.duration(), ring::shortest_catch_up) << "that is another pause";
}

TEST_P(CatchUpFrom, GivesAProducerFarAwayTimeToHaveItsLines) {
    std::uint64_t written = 0;
    unsigned looks = 0;
    const auto is_ready = [&](layout::Position position) {
        if (position == next + ring::safe_distance && ++looks > ring::settling_pauses)
            written += ring::fast_messages_a_pause + 1;
        return layout::distance(next + written, position) > 0;
    };
    const unsigned pauses = catch_up.keep_distance(next, is_ready, [&] { return next + written; });
    EXPECT_EQ(pauses, ring::most_distance_pauses) << "nothing at all at first, then just fast enough";
}

TEST_P(CatchUpFrom, LooksForASlowProducerEverMoreSeldomAndAtAFastOneAsBefore) {
    std::uint64_t expected = ring::look_ahead_every;
    for (int i = 0; i < 12; ++i) {
        EXPECT_EQ(look_at(0, slow), telling_pauses);
        expected = std::min(2 * expected, ring::longest_look_ahead);
        EXPECT_EQ(read_until_look(), expected);
    }
    EXPECT_EQ(expected, ring::longest_look_ahead);
    EXPECT_EQ(look_at(safe, slow), 0U);
    EXPECT_EQ(read_until_look(), expected) << "that it is far says nothing";
    EXPECT_LT(look_at(safe - 2 * fast, fast), telling_pauses);
    EXPECT_EQ(read_until_look(), expected) << "nor does a short while";
    look_at(0, fast);
    EXPECT_EQ(read_until_look(), ring::look_ahead_every);
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
