#include <array>
#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>
#include <ringview/view/memory_view.hpp>

#include "view_error_matcher.hpp"

namespace ringview {
namespace {

class MemoryViewIndex : public testing::Test {
 protected:
    MemoryViewIndex() { std::iota(numbers_.begin(), numbers_.end(), 0); }

    std::array<int, 24> numbers_;
    MemoryView line_ = MemoryView::of(numbers_);
    MemoryView cube_ = MemoryView::of(numbers_, {2, 3, 4});
};

TEST_F(MemoryViewIndex, OneDimensionGivesElements) {
    EXPECT_TRUE(line_[5].is_element());
    EXPECT_EQ(line_[5], 5);
    EXPECT_EQ(line_[-1], 23);
    const Scalar element = line_[7];
    EXPECT_EQ(element, 7);
}

TEST_F(MemoryViewIndex, SeveralDimensionsGiveSubViewsOfTheSameMemory) {
    EXPECT_FALSE(cube_[1].is_element());
    EXPECT_EQ(cube_[1][2][3], 23);
    EXPECT_EQ(cube_[-1][0].view().tolist(), Value(Value::List{12, 13, 14, 15}));
    const MemoryView plane = cube_[1];
    plane.set({0, 0}, 100);
    EXPECT_EQ(numbers_[12], 100);
    EXPECT_EQ(kind_of([&] { (void)cube_[0].value(); }), ViewErrc::type);
}

TEST_F(MemoryViewIndex, AtTakesOneIndexADimension) {
    EXPECT_EQ(cube_.at(1, 0, -1), 15);
    EXPECT_EQ(kind_of([&] { (void)cube_.at(1, 0); }), ViewErrc::index);
    EXPECT_EQ(kind_of([&] { (void)cube_.at(1, 0, 0, 0); }), ViewErrc::index);
}

TEST_F(MemoryViewIndex, OutOfBoundsIsRefusedAtBothEnds) {
    constexpr std::ptrdiff_t lowest = std::numeric_limits<std::ptrdiff_t>::min();
    constexpr std::ptrdiff_t highest = std::numeric_limits<std::ptrdiff_t>::max();
    for (const std::ptrdiff_t index : {std::ptrdiff_t{24}, std::ptrdiff_t{-25}, lowest, highest}) {
        EXPECT_EQ(kind_of([&] { (void)line_[index]; }), ViewErrc::index) << index;
        EXPECT_EQ(kind_of([&] { line_.set({index}, 1); }), ViewErrc::index) << index;
    }
}

TEST_F(MemoryViewIndex, SlicesShareMemoryOnAnyAxis) {
    const MemoryView part = cube_.slice(1, 1).slice(2, {}, {}, -2);
    EXPECT_EQ(part.tolist(), cube_.slice(2, {}, {}, -2).slice(1, 1).tolist());
    EXPECT_EQ(part.at(0, 0, 0), 7);
    part.set({1, 1, 1}, -1);
    EXPECT_EQ(numbers_[21], -1);
}

TEST_F(MemoryViewIndex, SliceBoundsAreClampedAsInPython) {
    EXPECT_EQ(line_.slice(0, -3).tolist(), Value(Value::List{21, 22, 23}));
    EXPECT_EQ(line_.slice(0, -100, 2).length(), 2);
    EXPECT_EQ(line_.slice(0, 100, {}, -10).tolist(), Value(Value::List{23, 13, 3}));
    EXPECT_EQ(line_.slice(0, 5, 2).length(), 0);
    EXPECT_EQ(line_.slice(0, 2, {}, -1).tolist(), Value(Value::List{2, 1, 0}));
    EXPECT_EQ(kind_of([&] { (void)line_.slice(0, 0, 1, 0); }), ViewErrc::value);
    EXPECT_EQ(kind_of([&] { (void)line_.slice(1); }), ViewErrc::index);
}

TEST_F(MemoryViewIndex, ExtremeBoundsAndStepsDoNotOverflow) {
    constexpr std::ptrdiff_t lowest = std::numeric_limits<std::ptrdiff_t>::min();
    constexpr std::ptrdiff_t highest = std::numeric_limits<std::ptrdiff_t>::max();
    EXPECT_EQ(line_.slice(0, lowest, highest).length(), 24);
    EXPECT_EQ(line_.slice(0, highest, lowest, lowest).tolist(), Value(Value::List{23}));
    EXPECT_EQ(line_.slice(0, lowest, highest, highest).tolist(), Value(Value::List{0}));
    EXPECT_EQ(line_.slice(0, {}, {}, highest).slice(0, {}, {}, highest).tolist(), Value(Value::List{0}));
}

TEST_F(MemoryViewIndex, SelectTakesAnyAxisAway) {
    EXPECT_EQ(cube_.select(1, -1).tolist(), Value(Value::List{Value::List{8, 9, 10, 11}, Value::List{20, 21, 22, 23}}));
    EXPECT_EQ(kind_of([&] { (void)cube_.select(3, 0); }), ViewErrc::index);
}

TEST_F(MemoryViewIndex, EmptyDimensionsStayEmptyThroughSlices) {
    const MemoryView empty = cube_.slice(1, 3);
    EXPECT_EQ(empty.nbytes(), 0U);
    EXPECT_EQ(empty[1].view().nbytes(), 0U);
    EXPECT_EQ(empty.tolist(), Value(Value::List{Value::List{}, Value::List{}}));
    EXPECT_EQ(kind_of([&] { (void)empty.at(0, 0, 0); }), ViewErrc::index);
}

TEST_F(MemoryViewIndex, ItemsCanBeAssigned) {
    line_[0] = 42;
    line_[1] = line_[0];
    EXPECT_EQ(numbers_[1], 42);
    cube_[1] = cube_[0];
    EXPECT_EQ(cube_[1], cube_[0]);
    EXPECT_EQ(kind_of([&] { cube_[0] = 5; }), ViewErrc::type);
    std::array<std::int16_t, 1> other = {7};
    line_[2] = MemoryView::of(other)[0];
    EXPECT_EQ(numbers_[2], 7) << "an element is a value, whatever its format";
}

TEST_F(MemoryViewIndex, AFloatIsNoIntegerWhereItIsAssigned) {
    std::array<double, 1> other = {7.5};
    EXPECT_EQ(kind_of([&] { line_[2] = MemoryView::of(other)[0]; }), ViewErrc::type);
    EXPECT_EQ(numbers_[2], 2);
}

}  // namespace
}  // namespace ringview
