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

using Shape = std::vector<std::ptrdiff_t>;

Shape listed(std::span<const std::ptrdiff_t> extents) {
    return {extents.begin(), extents.end()};
}

TEST(MemoryView, DefaultIsAReadonlyViewOfNoBytes) {
    const MemoryView view;
    EXPECT_EQ(view.nbytes(), 0U);
    EXPECT_EQ(view.ndim(), 1U);
    EXPECT_EQ(view.length(), 0);
    EXPECT_TRUE(view.readonly());
    EXPECT_TRUE(view.tobytes().empty());
    EXPECT_EQ(view, MemoryView());
}

TEST(MemoryView, OfAVectorHasItsFormatLengthAndAccess) {
    std::vector<std::int32_t> numbers = {1, 2, 3};
    const MemoryView view = MemoryView::of(numbers);
    EXPECT_EQ(view.format(), Format::parse("i"));
    EXPECT_EQ(view.itemsize(), 4U);
    EXPECT_EQ(listed(view.shape()), Shape{3});
    EXPECT_EQ(listed(view.strides()), Shape{4});
    EXPECT_EQ(view.nbytes(), 12U);
    EXPECT_FALSE(view.readonly());
    EXPECT_EQ(view.data(), reinterpret_cast<const std::byte*>(numbers.data()));
}

TEST(MemoryView, OfConstElementsIsReadonly) {
    const std::array<double, 2> numbers = {1, 2};
    EXPECT_TRUE(MemoryView::of(numbers).readonly());
    EXPECT_TRUE(MemoryView::of(std::span<const double>(numbers)).readonly());
    EXPECT_EQ(kind_of([&] { (void)MemoryView::of(numbers).mutable_data(); }), ViewErrc::readonly);
}

TEST(MemoryView, ShapeOfElementsMustHaveAsMany) {
    std::vector<std::int16_t> numbers(6);
    const MemoryView view = MemoryView::of(numbers, {2, 3});
    EXPECT_EQ(listed(view.strides()), (Shape{6, 2}));
    EXPECT_EQ(kind_of([&] { MemoryView::of(numbers, {2, 4}); }), ViewErrc::value);
    EXPECT_EQ(kind_of([&] { MemoryView::of(numbers, {-2, -3}); }), ViewErrc::value);
}

TEST(MemoryView, OfBytesHoldsWholeItems) {
    std::vector<std::byte> memory(24);
    const std::span<std::byte> bytes = memory;
    EXPECT_EQ(MemoryView::of_bytes(bytes).format(), Format::bytes());
    EXPECT_EQ(MemoryView::of_bytes(bytes, Format::shared("<I")).length(), 6);
    EXPECT_EQ(kind_of([&] { MemoryView::of_bytes(bytes.first(23), Format::shared("<I")); }), ViewErrc::value);
    const Shape shape = {2, 3};
    EXPECT_EQ(MemoryView::of_bytes(bytes, Format::shared("<I"), shape).ndim(), 2U);
    EXPECT_EQ(kind_of([&] { MemoryView::of_bytes(bytes, Format::shared("<H"), shape); }), ViewErrc::value);
    EXPECT_TRUE(MemoryView::of_bytes(std::span<const std::byte>(memory)).readonly());
}

TEST(MemoryView, WithoutDimensionsIsOneElement) {
    double number = 2.5;
    const MemoryView view(&number, Format::shared("d"), {});
    EXPECT_EQ(view.ndim(), 0U);
    EXPECT_EQ(view.size(), 1U);
    EXPECT_EQ(view.nbytes(), 8U);
    EXPECT_TRUE(view.c_contiguous() && view.f_contiguous());
    EXPECT_EQ(view.at(), 2.5);
    EXPECT_EQ(view.tolist(), 2.5);
    view.set({}, 7);
    EXPECT_EQ(number, 7);
    EXPECT_EQ(kind_of([&] { (void)view[0]; }), ViewErrc::type);
    EXPECT_EQ(kind_of([&] { (void)view.length(); }), ViewErrc::type);
    EXPECT_EQ(kind_of([&] { (void)view.slice(0); }), ViewErrc::index);
}

TEST(MemoryView, ContiguityFollowsTheStrides) {
    std::array<std::uint8_t, 24> memory{};
    const MemoryView view = MemoryView::of(memory, {2, 3, 4});
    EXPECT_TRUE(view.c_contiguous());
    EXPECT_FALSE(view.f_contiguous());
    EXPECT_FALSE(view.slice(2, 0, 2).contiguous());
    EXPECT_TRUE(view.slice(0, 1).c_contiguous());
    const Shape shape = {4, 3, 2};
    const Shape strides = {1, 4, 12};
    const MemoryView fortran(memory.data(), Format::shared("B"), shape, strides);
    EXPECT_TRUE(fortran.f_contiguous() && !fortran.c_contiguous());
    EXPECT_EQ(fortran.bytes().size(), 24U);
    EXPECT_EQ(kind_of([&] { (void)view.slice(2, 0, 2).bytes(); }), ViewErrc::contiguity);
}

TEST(MemoryView, SixtyFourDimensionsAreAllowedAndNoMore) {
    std::uint8_t byte = 9;
    const Shape most(view_limits::max_ndim, 1);
    const MemoryView view(&byte, Format::shared("B"), most);
    EXPECT_EQ(view.at(Shape(view_limits::max_ndim, 0)), 9);
    EXPECT_EQ(view.slice(63, {}, {}, -1).tolist(), view.tolist());
    const Shape more(view_limits::max_ndim + 1, 1);
    EXPECT_EQ(kind_of([&] { MemoryView(&byte, Format::shared("B"), more); }), ViewErrc::value);
}

TEST(MemoryView, ShapesAndStridesThatOverflowAreRefused) {
    std::byte byte{};
    constexpr std::ptrdiff_t huge = std::numeric_limits<std::ptrdiff_t>::max();
    const auto make = [&](const Shape& shape, const Shape& strides) {
        MemoryView(&byte, Format::shared("d"), shape, strides);
    };
    EXPECT_EQ(kind_of([&] { make({huge}, {}); }), ViewErrc::value);
    EXPECT_EQ(kind_of([&] { make({1 << 30, 1 << 30, 1 << 30}, {}); }), ViewErrc::value);
    EXPECT_EQ(kind_of([&] { make({0, 1 << 30, 1 << 30, 1 << 30}, {}); }), ViewErrc::value);
    EXPECT_EQ(kind_of([&] { make({3}, {huge}); }), ViewErrc::value);
    EXPECT_EQ(kind_of([&] { make({2, 2}, {huge / 2 + 1, huge / 2 + 1}); }), ViewErrc::value);
    EXPECT_EQ(kind_of([&] { make({2, 2}, {-huge, huge}); }), ViewErrc::value);
    EXPECT_EQ(kind_of([&] { make({2, 2}, {8}); }), ViewErrc::value);
    EXPECT_EQ(kind_of([&] { make({-1}, {}); }), ViewErrc::value);
}

TEST(MemoryView, NullMemoryIsOnlyForNoElements) {
    void* const nothing = nullptr;
    const Shape none = {3, 0};
    const Shape one = {1};
    EXPECT_EQ(MemoryView(nothing, Format::shared("d"), none).nbytes(), 0U);
    EXPECT_EQ(kind_of([&] { MemoryView(nothing, Format::shared("d"), one); }), ViewErrc::value);
    EXPECT_EQ(kind_of([&] { MemoryView(nothing, nullptr, none); }), ViewErrc::value);
}

TEST(MemoryView, BorrowedIsTheSameViewAsAChecked) {
    std::array<std::uint16_t, 6> numbers{};
    std::iota(numbers.begin(), numbers.end(), std::uint16_t{0});
    const Format& format = layout_of<std::uint16_t>();
    const Shape shape = {2, 3};
    const MemoryView view = MemoryView::borrowed(numbers.data(), format, shape, ViewAccess::read_only);
    static_assert(noexcept(MemoryView::borrowed(nullptr, format, shape, ViewAccess::read_only)));
    EXPECT_TRUE(view.readonly());
    EXPECT_EQ(view.shared_format().use_count(), 0) << "its format is not owned";
    EXPECT_EQ(listed(view.strides()), (Shape{6, 2}));
    EXPECT_EQ(view, MemoryView::of(numbers, {2, 3}));
}

TEST(MemoryView, ReadonlyRefusesEveryWay) {
    std::array<int, 4> numbers = {1, 2, 3, 4};
    const MemoryView view = MemoryView::of(numbers).to_readonly();
    EXPECT_EQ(kind_of([&] { view.set({0}, 1); }), ViewErrc::readonly);
    EXPECT_EQ(kind_of([&] { view[0] = 1; }), ViewErrc::readonly);
    EXPECT_EQ(kind_of([&] { view.copy_from(view); }), ViewErrc::readonly);
    EXPECT_EQ(kind_of([&] { (void)view.mutable_bytes(); }), ViewErrc::readonly);
    EXPECT_EQ(kind_of([&] { (void)view.as<int, 1>(); }), ViewErrc::readonly);
    EXPECT_EQ(kind_of([&] { view.slice(0, 1).cast("B").set({0}, 1); }), ViewErrc::readonly);
    EXPECT_EQ(numbers, (std::array<int, 4>{1, 2, 3, 4}));
}

}  // namespace
}  // namespace ringview
