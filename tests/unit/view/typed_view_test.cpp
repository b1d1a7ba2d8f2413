#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>
#include <ringview/view/memory_view.hpp>

#include "view_error_matcher.hpp"

namespace ringview::typed_view_test {
namespace {

struct Quote {
    double bid, ask;
    std::uint32_t size;
};
BOOST_DESCRIBE_STRUCT(Quote, (), (bid, ask, size))

template <class View>
concept Assignable = requires(View view) {
    view(0) = typename View::value_type{};
};
template <class View>
concept AssignableByIndex = requires(View view) {
    view[0] = typename View::value_type{};
};

static_assert(Assignable<TypedView<int, 1>> && AssignableByIndex<TypedView<int, 1>>);
static_assert(!Assignable<TypedView<const int, 1>> && !AssignableByIndex<TypedView<const int, 1>>);
static_assert(std::is_convertible_v<TypedView<int, 2>, TypedView<const int, 2>>);
static_assert(!std::is_convertible_v<TypedView<const int, 2>, TypedView<int, 2>>);
static_assert(!std::is_invocable_v<TypedView<int, 2>, int>, "an index for each dimension");
static_assert(std::random_access_iterator<TypedView<int, 1>::Iterator>);

TEST(TypedView, IndexesEveryDimension) {
    std::vector<std::uint8_t> pixels(24);
    std::iota(pixels.begin(), pixels.end(), std::uint8_t{0});
    const auto image = MemoryView::of(pixels, {2, 3, 4}).as<std::uint8_t, 3>();
    EXPECT_EQ(image(1, 2, 3), 23);
    EXPECT_EQ(image[1][2][3], 23);
    EXPECT_EQ(image.shape(1), 3);
    image(0, 1, 2U) = 99;
    EXPECT_EQ(pixels[6], 99);
    EXPECT_EQ(image.size(), 24U);
}

TEST(TypedView, FollowsNegativeStrides) {
    std::vector<int> numbers = {1, 2, 3, 4, 5};
    const auto view = MemoryView::of(numbers).slice(0, {}, {}, -2).as<int, 1>();
    EXPECT_EQ(std::vector<int>(view.begin(), view.end()), (std::vector<int>{5, 3, 1}));
    std::sort(view.begin(), view.end());
    EXPECT_EQ(numbers, (std::vector<int>{5, 2, 3, 4, 1}));
}

TEST(TypedView, WithoutDimensionsIsOneElement) {
    Quote quote{1, 2, 3};
    const auto view = MemoryView(&quote, Format::shared("T{d:bid:d:ask:I:size:}"), {}).as<Quote, 0>();
    EXPECT_EQ(view().size, 3U);
}

TEST(TypedView, SpanNeedsElementsWithoutGaps) {
    std::vector<int> numbers = {1, 2, 3, 4};
    const MemoryView view = MemoryView::of(numbers);
    EXPECT_EQ((view.as<int, 1>().span().data()), numbers.data());
    EXPECT_EQ((view.slice(0, 1).as<const int, 1>().span().size()), 3U);
    EXPECT_EQ(kind_of([&] { (void)view.slice(0, {}, {}, 2).as<int, 1>().span(); }), ViewErrc::contiguity);
    EXPECT_EQ((view.slice(0, 3, {}, 2).as<int, 1>().span().size()), 1U);
}

TEST(TypedView, ReadonlyViewsGiveConstElementsOnly) {
    const std::vector<Quote> quotes = {{1, 2, 3}};
    const MemoryView view = MemoryView::of(quotes);
    EXPECT_EQ((view.as<const Quote, 1>()[0].ask), 2);
    EXPECT_EQ(kind_of([&] { (void)view.as<Quote, 1>(); }), ViewErrc::readonly);
}

TEST(TypedView, AnotherLayoutIsRefusedAndBothAreShown) {
    std::vector<Quote> quotes(1);
    const MemoryView view = MemoryView::of(quotes);
    EXPECT_EQ(kind_of([&] { (void)view.as<double, 1>(); }), ViewErrc::format);
    try {
        (void)view.as<double, 1>();
    } catch (const ViewError& error) {
        EXPECT_THAT(error.what(), testing::HasSubstr("the view has 'T{<d:bid:<d:ask:<I:size:4x}'"));
        EXPECT_THAT(error.what(), testing::HasSubstr("you asked for 'd'"));
    }
    EXPECT_EQ(kind_of([&] { (void)view.as<Quote, 2>(); }), ViewErrc::type);
    alignas(8) std::array<std::byte, 8> bytes{};
    EXPECT_EQ(kind_of([&] { (void)(MemoryView::of_bytes(bytes, Format::shared(">d")).as<double, 1>()); }),
              ViewErrc::format);
}

TEST(TypedView, MisalignedElementsAreRefused) {
    alignas(8) std::array<std::byte, 32> memory{};
    const auto format = Format::shared("d");
    const std::span<std::byte> bytes = memory;
    EXPECT_EQ(kind_of([&] { (void)MemoryView::of_bytes(bytes.subspan(4, 16), format).as<double, 1>(); }),
              ViewErrc::contiguity);
    const std::array<std::ptrdiff_t, 1> shape = {2};
    const std::array<std::ptrdiff_t, 1> strides = {12};
    EXPECT_EQ(kind_of([&] { (void)MemoryView(memory.data(), format, shape, strides).as<double, 1>(); }),
              ViewErrc::contiguity);
    EXPECT_EQ((MemoryView::of_bytes(bytes.subspan(4, 0), format).as<double, 1>().size()), 0U);
}

TEST(TypedView, SubArraysAreArraysOfTheElement) {
    std::vector<std::array<float, 3>> points = {{1, 2, 3}, {4, 5, 6}};
    const MemoryView view = MemoryView::of(points);
    EXPECT_EQ((view.as<std::array<float, 3>, 1>()[1][2]), 6.0F);
}

}  // namespace
}  // namespace ringview::typed_view_test
