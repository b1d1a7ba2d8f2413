#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <ringview/view/format.hpp>
#include <ringview/view/memory_view.hpp>

namespace ringview::detail {

/// How a ring's format and shape turn the bytes of a message into a view. Built once at attach.
class PayloadShape {
 public:
    /// As the ring's header says; `capacity` is what a slot holds. Throws Error::corrupt where they do not fit
    /// together.
    PayloadShape(const std::string& format, const std::vector<std::int64_t>& shape, std::uint64_t capacity);

    const Format& format() const noexcept { return format_; }
    /// No message of the ring is shorter: all of a fixed shape, nothing where the first dimension varies.
    std::uint64_t min_length() const noexcept { return varies_ ? 0 : row_bytes_; }
    /// What a slot publishes if nobody resizes it.
    std::uint64_t full_length() const noexcept { return full_length_; }
    /// Whether messages of `length` bytes are allowed: at most the capacity, and all of a fixed shape.
    bool allows(std::uint64_t length) const noexcept { return length >= min_length() && length <= capacity_; }

    /// A view of the ring's shape. Where the first dimension varies it counts the whole rows in `length` bytes.
    MemoryView view(void* data, std::uint64_t length, ViewAccess access) const noexcept;

 private:
    Format format_;
    std::vector<std::ptrdiff_t> extents_;
    bool varies_;              ///< the first dimension depends on the message
    std::uint64_t row_bytes_;  ///< one step of the varying dimension, else the whole shape
    std::uint64_t capacity_;
    std::uint64_t full_length_;
};

}  // namespace ringview::detail
