#include <cstdint>

#include <gtest/gtest.h>
#include <ringview/layout/position.hpp>

namespace ringview::layout {
namespace {

constexpr Position two_to_32 = Position{1} << 32;
constexpr Position two_to_63 = Position{1} << 63;

/// Around every position where some width of arithmetic wraps.
class PositionNear : public testing::TestWithParam<Position> {};

INSTANTIATE_TEST_SUITE_P(Wraps, PositionNear, testing::Values(5, two_to_32, two_to_63, 0 /* = 2^64 */));

TEST_P(PositionNear, DistanceCountsStepsInBothDirections) {
    for (std::uint64_t back = 0; back < 4; ++back) {
        for (std::uint64_t on = 0; on < 4; ++on) {
            const auto steps = static_cast<std::int64_t>(back + on);
            EXPECT_EQ(distance(GetParam() + on, GetParam() - back), steps);
            EXPECT_EQ(distance(GetParam() - back, GetParam() + on), -steps);
        }
    }
}

TEST_P(PositionNear, SeqDistanceIsTheDistanceOfThePositions) {
    for (std::uint64_t back = 0; back < 4; ++back) {
        for (std::uint64_t on = 0; on < 4; ++on) {
            const Position ahead = GetParam() + on;
            const Position behind = GetParam() - back;
            EXPECT_EQ(seq_distance(seq_of(ahead), seq_of(behind)), distance(ahead, behind));
            EXPECT_EQ(seq_distance(seq_of(behind), seq_of(ahead)), distance(behind, ahead));
        }
    }
}

TEST_P(PositionNear, ATombstoneIsOrderedAsItsMessageAndDiffersFromIt) {
    for (std::uint64_t step = 0; step < 4; ++step) {
        const Position position = GetParam() - 2 + step;
        EXPECT_NE(tombstone_of(position), seq_of(position));
        EXPECT_EQ(seq_distance(tombstone_of(position), seq_of(position)), 0);
        EXPECT_EQ(seq_distance(tombstone_of(position + 1), seq_of(position)), 1);
        EXPECT_EQ(seq_distance(seq_of(position), tombstone_of(position + 1)), -1);
    }
}

TEST_P(PositionNear, LaterAndEarlierChooseByOrderNotByValue) {
    const Position ahead = GetParam() + 1;
    const Position behind = GetParam() - 1;
    EXPECT_EQ(later(ahead, behind), ahead);
    EXPECT_EQ(later(behind, ahead), ahead);
    EXPECT_EQ(earlier(ahead, behind), behind);
    EXPECT_EQ(earlier(behind, ahead), behind);
    EXPECT_EQ(later(ahead, ahead), ahead);
    EXPECT_EQ(earlier(ahead, ahead), ahead);
}

TEST(Position, SeqHas63BitsAndLeavesTheTombstoneBitFree) {
    for (const Position position :
         {Position{0}, two_to_63 - 2, two_to_63 - 1, two_to_63, ~Position{0} - 1, ~Position{0}})
        EXPECT_EQ(seq_of(position) & tombstone_bit, 0U) << position;
}

TEST(Position, SeqIsDefinedByTheFormat) {
    EXPECT_EQ(seq_of(0), 1U);
    EXPECT_EQ(seq_of(two_to_63 - 2), two_to_63 - 1);
    EXPECT_EQ(seq_of(two_to_63 - 1), 0U);
    EXPECT_EQ(seq_of(two_to_63), 1U);
    EXPECT_EQ(tombstone_of(0), two_to_63 + 1);
}

}  // namespace
}  // namespace ringview::layout
