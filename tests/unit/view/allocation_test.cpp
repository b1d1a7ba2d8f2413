#include <array>
#include <cstdint>
#include <cstdlib>
#include <new>

#include <gtest/gtest.h>
#include <ringview/view/memory_view.hpp>

namespace {

std::size_t allocation_count = 0;

}  // namespace

void* operator new(std::size_t bytes) {
    ++allocation_count;
    if (void* memory = std::malloc(bytes)) return memory;
    throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

namespace ringview {
namespace {

TEST(Allocation, MakingSlicingAndTypingAViewOfEightDimensionsAllocatesNothing) {
    static_assert(view_limits::inline_ndim == 8);
    std::array<std::uint16_t, 256> numbers{};
    const std::array<std::ptrdiff_t, 8> shape = {2, 2, 2, 2, 2, 2, 2, 2};
    const Format& format = layout_of<std::uint16_t>();
    const std::size_t before = allocation_count;

    const MemoryView view = MemoryView::borrowed(numbers.data(), format, shape, ViewAccess::read_write);
    const MemoryView part = view.slice(7, {}, {}, -1).slice(0, 1)[0];
    const auto typed = view.as<std::uint16_t, 8>();
    typed(1, 1, 1, 1, 1, 1, 1, 1) = 7;
    MemoryView copy = part;
    copy = view;
    const Scalar element = view.at(1, 1, 1, 1, 1, 1, 1, 1);

    EXPECT_EQ(allocation_count, before);
    EXPECT_EQ(element, 7);
    EXPECT_EQ(part.at(1, 1, 1, 1, 1, 1, 0), 7);
}

TEST(Allocation, TheCounterSeesAllocations) {
    const std::size_t before = allocation_count;
    const MemoryView view;
    (void)view.slice(0).tolist();
    const std::array<std::ptrdiff_t, 9> shape = {1, 1, 1, 1, 1, 1, 1, 1, 1};
    std::byte byte{};
    const MemoryView large(&byte, Format::borrowed(Format::bytes()), shape);
    EXPECT_GT(allocation_count, before);
}

}  // namespace
}  // namespace ringview
