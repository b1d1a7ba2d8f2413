#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <ringview/view/memory_view.hpp>

#include "view_error_matcher.hpp"

namespace ringview {
namespace {

std::vector<std::uint8_t> counted(std::size_t count) {
    std::vector<std::uint8_t> numbers(count);
    std::iota(numbers.begin(), numbers.end(), std::uint8_t{0});
    return numbers;
}

std::string text(const std::vector<std::byte>& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST(MemoryViewCopy, CopiesBetweenDifferentStrides) {
    std::vector<std::uint8_t> from = counted(12);
    std::vector<std::uint8_t> to(12);
    const MemoryView source = MemoryView::of(from, {3, 4});
    const MemoryView target = MemoryView::of(to, {3, 4}).slice(0, {}, {}, -1).slice(1, {}, {}, -1);
    target.copy_from(source);
    EXPECT_EQ(target, source);
    EXPECT_EQ(to, std::vector<std::uint8_t>(from.rbegin(), from.rend()));
}

TEST(MemoryViewCopy, OverlapIsCopiedAsIfThroughATemporary) {
    std::vector<std::uint8_t> numbers = counted(6);
    const MemoryView view = MemoryView::of(numbers);
    view.slice(0, 1).copy_from(view.slice(0, 0, 5));
    EXPECT_EQ(numbers, (std::vector<std::uint8_t>{0, 0, 1, 2, 3, 4}));
    numbers = counted(6);
    MemoryView::of(numbers).copy_from(MemoryView::of(numbers).slice(0, {}, {}, -1));
    EXPECT_EQ(numbers, (std::vector<std::uint8_t>{5, 4, 3, 2, 1, 0}));
}

TEST(MemoryViewCopy, OtherLayoutsAndShapesAreRefused) {
    std::array<std::uint32_t, 4> numbers{};
    std::array<float, 4> floats{};
    const MemoryView view = MemoryView::of(numbers);
    EXPECT_EQ(kind_of([&] { view.copy_from(MemoryView::of(floats)); }), ViewErrc::format);
    EXPECT_EQ(kind_of([&] { view.copy_from(view.slice(0, 1)); }), ViewErrc::value);
    EXPECT_EQ(kind_of([&] { view.copy_from(MemoryView::of(numbers, {2, 2})); }), ViewErrc::value);
    std::array<std::byte, 16> bytes{};
    view.copy_from(MemoryView::of_bytes(bytes, Format::shared("<I")));
}

TEST(MemoryViewCopy, ToBytesOrdersTheElements) {
    const std::string letters = "abcdef";
    const MemoryView view = MemoryView::of(letters, {2, 3});
    EXPECT_EQ(text(view.tobytes()), "abcdef");
    EXPECT_EQ(text(view.tobytes(ItemOrder::f)), "adbecf");
    EXPECT_EQ(text(view.tobytes(ItemOrder::any)), "abcdef");
    EXPECT_EQ(text(view.slice(1, {}, {}, -1).tobytes()), "cbafed");
}

TEST(MemoryViewCast, GoesToBytesAndBackAndBetweenOneAndMoreDimensions) {
    std::vector<std::uint32_t> numbers = {1, 2, 3, 4, 5, 6};
    const MemoryView view = MemoryView::of(numbers);
    const MemoryView bytes = view.cast("B");
    EXPECT_EQ(bytes.length(), 24);
    EXPECT_EQ(bytes.data(), view.data());
    EXPECT_EQ(bytes.cast("I"), view);
    EXPECT_EQ(bytes.cast("I", {2, 3}).at(1, 0), 4);
    EXPECT_EQ(MemoryView::of(numbers, {2, 3}).cast("B").length(), 24);
    EXPECT_EQ(bytes.cast("T{<I:a:<I:b:}").at(2)["b"], 6);
}

TEST(MemoryViewCast, RefusesWhatPythonRefuses) {
    std::vector<std::uint32_t> numbers(6);
    const MemoryView view = MemoryView::of(numbers);
    EXPECT_EQ(kind_of([&] { (void)view.cast("f"); }), ViewErrc::type) << "neither side is bytes";
    EXPECT_EQ(kind_of([&] { (void)view.cast("I", {2, 3}); }), ViewErrc::type) << "neither side is bytes";
    EXPECT_EQ(kind_of([&] { (void)view.cast("B", {4, 6}).cast("B", {6, 4}); }), ViewErrc::type);
    EXPECT_EQ(kind_of([&] { (void)view.slice(0, {}, {}, 2).cast("B"); }), ViewErrc::contiguity);
    EXPECT_EQ(kind_of([&] { (void)view.cast("B").slice(0, 1).cast("I"); }), ViewErrc::type);
    EXPECT_EQ(kind_of([&] { (void)view.cast("B", {5, 5}); }), ViewErrc::value);
    EXPECT_EQ(kind_of([&] { (void)view.cast("B", {0, 24}); }), ViewErrc::value);
    EXPECT_EQ(kind_of([&] { (void)MemoryView().cast("B", {0}); }), ViewErrc::type);
    EXPECT_EQ(MemoryView().cast("d").length(), 0);
}

TEST(MemoryViewEquality, ComparesByValueAcrossFormatsAndStrides) {
    std::vector<std::int32_t> integers = {1, 2, 3};
    std::vector<double> reals = {1, 2, 3};
    std::vector<std::int32_t> spread = {1, 0, 2, 0, 3, 0};
    EXPECT_EQ(MemoryView::of(integers), MemoryView::of(reals));
    EXPECT_EQ(MemoryView::of(integers), MemoryView::of(spread).slice(0, {}, {}, 2));
    reals[2] = 3.5;
    EXPECT_NE(MemoryView::of(integers), MemoryView::of(reals));
    EXPECT_NE(MemoryView::of(integers), MemoryView::of(integers, {3, 1}));
}

TEST(MemoryViewEquality, NanDiffersAndZerosAreEqual) {
    std::array<double, 1> nan = {std::nan("")};
    EXPECT_NE(MemoryView::of(nan), MemoryView::of(nan));
    std::array<double, 1> plus = {0.0};
    std::array<double, 1> minus = {-0.0};
    EXPECT_EQ(MemoryView::of(plus), MemoryView::of(minus));
}

TEST(MemoryViewEquality, RecordsCompareByValueNotByPadding) {
    std::array<std::byte, 8> a{};
    std::array<std::byte, 8> b{};
    b[1] = std::byte{1};
    const auto record = Format::shared("T{B:a:3x<I:b:}");
    EXPECT_EQ(MemoryView::of_bytes(a, record), MemoryView::of_bytes(b, record));
    b[4] = std::byte{1};
    EXPECT_NE(MemoryView::of_bytes(a, record), MemoryView::of_bytes(b, record));
}

TEST(MemoryViewHash, IsThatOfTheBytes) {
    const std::string letters = "abcabc";
    const MemoryView view = MemoryView::of(letters);
    EXPECT_EQ(view.hash(), std::hash<std::string_view>()("abcabc"));
    EXPECT_EQ(view.slice(0, 0, 3).hash(), view.slice(0, 3).hash());
    EXPECT_EQ(view.slice(0, {}, {}, -1).hash(), std::hash<std::string_view>()("cbacba"));
}

TEST(MemoryViewHash, IsForReadonlyBytesOnly) {
    std::array<std::uint8_t, 4> bytes{};
    EXPECT_EQ(kind_of([&] { (void)MemoryView::of(bytes).hash(); }), ViewErrc::value);
    const std::array<int, 1> number{};
    EXPECT_EQ(kind_of([&] { (void)MemoryView::of(number).hash(); }), ViewErrc::value);
}

}  // namespace
}  // namespace ringview
