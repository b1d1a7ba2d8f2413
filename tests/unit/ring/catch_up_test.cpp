#include <algorithm>
#include <chrono>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>
#include <ringview/ring/catch_up.hpp>

#include "ring_fixture.hpp"

namespace ringview::test {
namespace {

using namespace std::chrono_literals;
using ring::CatchUp;

class CatchUpFrom : public RingFrom {
 protected:
    /// A look ahead that finds the producer near or far.
    bool keep_distance(bool is_near) {
        const bool has_paused = catch_up.keep_distance(next, [&](layout::Position ahead) {
            asked.push_back(ahead);
            return !is_near;
        });
        next += ring::look_ahead_every;
        return has_paused;
    }
    std::chrono::nanoseconds shortest_look(bool is_near) {
        auto shortest = std::chrono::nanoseconds::max();
        for (int i = 0; i < 300; ++i) {
            const auto begin = std::chrono::steady_clock::now();
            keep_distance(is_near);
            shortest = std::min<std::chrono::nanoseconds>(shortest, std::chrono::steady_clock::now() - begin);
        }
        return shortest;
    }

    layout::Position next = first();
    CatchUp catch_up{1024, first()};
    std::vector<layout::Position> asked;
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
    keep_distance(false);
    const layout::Position far_on = first() + 10 * ring::look_ahead_every + 7;
    EXPECT_TRUE(catch_up.should_look_ahead(far_on));
    next = far_on;
    keep_distance(false);
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
    for (int i = 0; i < 10; ++i) keep_distance(true);
    EXPECT_EQ(catch_up.duration(), ring::longest_catch_up);
    const auto with_pause = shortest_look(true);
    EXPECT_FALSE(keep_distance(false));
    EXPECT_TRUE(keep_distance(true));
    EXPECT_FALSE(keep_distance(false));
    const auto longest = catch_up.duration();
    const auto without_pause = shortest_look(false);
    EXPECT_EQ(catch_up.duration(), longest);
    EXPECT_GE(with_pause, without_pause + longest / 2) << with_pause.count() << ", " << without_pause.count();
}

TEST_P(CatchUpFrom, PausesTwiceAsLongEachTimeTheOneBeforeHasNotHelped) {
    EXPECT_EQ(catch_up.duration(), ring::shortest_catch_up);
    EXPECT_TRUE(keep_distance(true));
    EXPECT_EQ(catch_up.duration(), ring::shortest_catch_up) << "the first may be chance";
    for (auto expected = 2 * ring::shortest_catch_up; expected < ring::longest_catch_up; expected *= 2) {
        EXPECT_TRUE(keep_distance(true));
        EXPECT_EQ(catch_up.duration(), expected);
    }
    for (int i = 0; i < 5; ++i) {
        EXPECT_TRUE(keep_distance(true));
        EXPECT_EQ(catch_up.duration(), ring::longest_catch_up);
    }
}

TEST_P(CatchUpFrom, PausesShorterOnceAPauseHasHelpedAndNeverTooShort) {
    for (int i = 0; i < 10; ++i) keep_distance(true);
    auto longest = catch_up.duration();
    for (int i = 0; i < 50; ++i) {
        EXPECT_FALSE(keep_distance(false));
        const auto shortened = catch_up.duration();
        EXPECT_TRUE(shortened < longest || shortened == ring::shortest_catch_up);
        EXPECT_GE(shortened, ring::shortest_catch_up);
        EXPECT_FALSE(keep_distance(false));
        EXPECT_EQ(catch_up.duration(), shortened) << "there was no pause that could have helped";
        EXPECT_TRUE(keep_distance(true));
        EXPECT_EQ(catch_up.duration(), shortened) << "that it was near long ago says nothing";
        longest = shortened;
    }
    EXPECT_EQ(longest, ring::shortest_catch_up);
}

}  // namespace
}  // namespace ringview::test
