#include <array>
#include <cstdint>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ringview/detail/payload_shape.hpp>

#include "support/error_matcher.hpp"

namespace ringview::detail {
namespace {

using testing::HasSubstr;
using testing_support::throws_error;

using Extents = std::vector<std::ptrdiff_t>;

Extents shape_of(const MemoryView& view) {
    return {view.shape().begin(), view.shape().end()};
}

TEST(PayloadShape, AFixedShapeHasMessagesOfOneLengthOrMore) {
    const PayloadShape shape("B", {4, 6, 3}, 100);
    EXPECT_EQ(shape.min_length(), 72U);
    EXPECT_EQ(shape.full_length(), 72U);
    EXPECT_FALSE(shape.allows(71));
    EXPECT_TRUE(shape.allows(72));
    EXPECT_TRUE(shape.allows(100));
    EXPECT_FALSE(shape.allows(101));
}

TEST(PayloadShape, WithoutAShapeAMessageIsOneElement) {
    const PayloadShape shape("d", {}, 8);
    EXPECT_EQ(shape.min_length(), 8U);
    EXPECT_EQ(shape.full_length(), 8U);
    double value = 1.5;
    const MemoryView view = shape.view(&value, 8, ViewAccess::read_write);
    EXPECT_EQ(view.ndim(), 0U);
    EXPECT_EQ(view.nbytes(), 8U);
}

TEST(PayloadShape, AVaryingFirstDimensionAllowsEveryLengthUpToTheCapacity) {
    const PayloadShape shape("f", {-1, 3}, 100);
    EXPECT_EQ(shape.min_length(), 0U);
    EXPECT_EQ(shape.full_length(), 96U);  // 8 rows of 12 bytes
    EXPECT_TRUE(shape.allows(0));
    EXPECT_TRUE(shape.allows(1));
    EXPECT_TRUE(shape.allows(100));
    EXPECT_FALSE(shape.allows(101));
    EXPECT_FALSE(shape.allows(std::numeric_limits<std::uint64_t>::max()));
}

TEST(PayloadShape, AViewOfAVaryingShapeCountsTheWholeRows) {
    const PayloadShape shape("f", {-1, 3}, 100);
    std::array<float, 25> data{};
    const auto rows = [&](std::uint64_t length) {
        return shape_of(shape.view(data.data(), length, ViewAccess::read_only));
    };
    EXPECT_EQ(rows(0), (Extents{0, 3}));
    EXPECT_EQ(rows(11), (Extents{0, 3}));
    EXPECT_EQ(rows(12), (Extents{1, 3}));
    EXPECT_EQ(rows(100), (Extents{8, 3}));
}

TEST(PayloadShape, AViewHasTheRingsFormatAndShapeOverThatMemory) {
    const PayloadShape shape("<H", {2, 3}, 12);
    std::array<std::uint16_t, 6> data{0, 1, 2, 3, 4, 5};
    const MemoryView view = shape.view(data.data(), 12, ViewAccess::read_only);
    EXPECT_EQ(view.format().text(), "<H");
    EXPECT_EQ(view.itemsize(), 2U);
    EXPECT_EQ(shape_of(view), (Extents{2, 3}));
    EXPECT_TRUE(view.readonly());
    EXPECT_TRUE(view.c_contiguous());
    EXPECT_EQ(view.at({1, 2}).as_int(), 5);
    data[5] = 77;
    EXPECT_EQ(view.at({1, 2}).as_int(), 77);
    EXPECT_FALSE(shape.view(data.data(), 12, ViewAccess::read_write).readonly());
}

TEST(PayloadShape, OfAHeaderThatDoesNotHoldTogetherIsRefused) {
    const auto refused = [](const std::string& format, const std::vector<std::int64_t>& shape, std::uint64_t capacity,
                            const char* message) {
        EXPECT_THAT([&] { PayloadShape(format, shape, capacity); }, throws_error(Error::corrupt, HasSubstr(message)));
    };
    refused("T{", {}, 100, "format is malformed");
    refused("d", {}, 7, "an element of the ring has 8 bytes, its slots have 7");
    refused("d", {-1}, 7, "an element of the ring has 8 bytes");
    refused("B", {101}, 100, "does not fit into its slots of 100 bytes");
    refused("B", {0}, 100, "does not fit");
    refused("B", {2, -1}, 100, "does not fit");
    refused("B", {-2}, 100, "does not fit");
    refused("B", {std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::max()},
            std::numeric_limits<std::uint64_t>::max(), "does not fit");
    refused("B", {-1, std::numeric_limits<std::int64_t>::min()}, 100, "does not fit");
}

}  // namespace
}  // namespace ringview::detail
