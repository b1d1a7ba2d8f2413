#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>

#include <ringview/layout/initialise.hpp>

namespace ringview::test {

/// Zeroed memory on a page boundary and of exactly its size, so that AddressSanitizer sees a byte too many.
class PageAlignedBytes {
 public:
    explicit PageAlignedBytes(std::size_t size)
        : memory_(static_cast<std::byte*>(::operator new(size, page))), size_(size) {
        std::fill_n(memory_.get(), size, std::byte{0});
    }

    std::span<std::byte> bytes() const noexcept { return {memory_.get(), size_}; }

 private:
    static constexpr std::align_val_t page{4096};
    struct Free {
        void operator()(std::byte* memory) const noexcept { ::operator delete(memory, page); }
    };

    std::unique_ptr<std::byte, Free> memory_;
    std::size_t size_;
};

inline constexpr std::uint64_t test_ring_id = 0x1122'3344'5566'7788;
inline constexpr std::uint64_t test_created_unix_ns = 1'700'000'000'000'000'000;

/// What a ring must at least say about itself; tests change what they care about.
inline layout::RingParameters small_ring() {
    layout::RingParameters parameters;
    parameters.name = "small";
    parameters.format = "<d";
    parameters.slots = 8;
    parameters.slot_bytes = 24;
    return parameters;
}

/// The two segments of a fresh ring in plain memory.
class RingBytes {
 public:
    explicit RingBytes(const layout::RingParameters& parameters)
        : slots_(layout::plan_geometry(parameters).segment_bytes), cursors_(layout::cursors_segment_bytes) {
        layout::initialise_ring(parameters, test_ring_id, test_created_unix_ns, slots(), cursors());
    }

    std::span<std::byte> slots() const noexcept { return slots_.bytes(); }
    std::span<std::byte> cursors() const noexcept { return cursors_.bytes(); }

 private:
    PageAlignedBytes slots_;
    PageAlignedBytes cursors_;
};

}  // namespace ringview::test
