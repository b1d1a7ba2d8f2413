#include <cstdint>
#include <set>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <ringview/ring/released_positions.hpp>

namespace ringview::test {
namespace {

using ring::ReleasedPositions;

TEST(ReleasedPositions, PosStandsUntilItsOwnPositionIsReleased) {
    ReleasedPositions released;
    released.add(10, 12);
    EXPECT_EQ(released.take_lowest(10), 10U);
    released.add(10, 10);
    EXPECT_EQ(released.take_lowest(10), 11U);
    released.add(11, 11);
    EXPECT_EQ(released.take_lowest(11), 13U);
    EXPECT_TRUE(released.is_empty());
}

TEST(ReleasedPositions, AGapOfAnyLengthTakesThePlaceOfOnePosition) {
    ReleasedPositions released;
    constexpr std::uint64_t length = std::uint64_t{1} << 40;
    EXPECT_TRUE(released.add_gap(10, 11, length));
    EXPECT_TRUE(released.has_room_for(10, 11 + length + 61));
    EXPECT_FALSE(released.has_room_for(10, 11 + length + 62));
    released.add(10, 11 + length);
    EXPECT_EQ(released.take_lowest(10), 10U);
    released.add(10, 10);
    EXPECT_EQ(released.take_lowest(10), 12 + length);
    EXPECT_TRUE(released.is_empty());
}

TEST(ReleasedPositions, ASecondGapIsTakenOnlyWhereItFits) {
    ReleasedPositions released;
    ASSERT_TRUE(released.add_gap(0, 1, 1000));
    EXPECT_FALSE(released.add_gap(0, 1002, 62));
    EXPECT_TRUE(released.add_gap(0, 1002, 60));
    EXPECT_TRUE(released.has_room_for(0, 1062));
    EXPECT_FALSE(released.has_room_for(0, 1063));
}

/// Against a set: what is released above pos, whatever the order, with gaps among it.
RC_GTEST_PROP(ReleasedPositionsProperty, PosFollowsTheLowestThatIsNotReleased, ()) {
    std::uint64_t pos = *rc::gen::element<std::uint64_t>(0, (std::uint64_t{1} << 63) - 20, UINT64_MAX - 20);
    const std::uint64_t first = pos;
    std::uint64_t next = pos;
    std::set<std::uint64_t> held;  // as distances from the first
    ReleasedPositions released;
    for (int step = 0; step < 200; ++step) {
        const auto act = *rc::gen::inRange(0, 5);
        if (act <= 1 && released.has_room_for(pos, next)) held.insert(next++ - first);
        if (act == 2 && next != pos) {
            const auto count = *rc::gen::inRange<std::uint64_t>(1, 200);
            if (released.add_gap(pos, next, count)) next += count;
        }
        if (act >= 3 && !held.empty()) {
            auto chosen = held.begin();
            std::advance(chosen, *rc::gen::inRange<std::size_t>(0, held.size()));
            released.add(pos, first + *chosen);
            held.erase(chosen);
            pos = released.take_lowest(pos);
        }
        RC_ASSERT(pos - first == (held.empty() ? next - first : *held.begin()));
        RC_ASSERT(!held.empty() || released.is_empty());
    }
}

}  // namespace
}  // namespace ringview::test
