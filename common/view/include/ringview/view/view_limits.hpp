#pragma once
// Every bound of the view room, with the reason for its value.

#include <cstddef>
#include <cstdint>

namespace ringview::view_limits {

/// Dimensions of a view, and of a sub-array within a format: CPython's PyBUF_MAX_NDIM, so every view can be exported.
inline constexpr std::size_t max_ndim = 64;

/// Up to this many dimensions a view keeps shape and strides within itself, so making or slicing it allocates nothing.
/// Images, volumes and their batches have 2 to 5; eight cost two cache lines.
inline constexpr std::size_t inline_ndim = 8;

/// Characters of a format string. Some 200 described fields with names of a dozen letters fit; a ring's spec, which
/// carries the format, stays within a page or two.
inline constexpr std::size_t max_format_length = 4096;

/// Records within records. Parsing and printing recurse once a level, so this also bounds the stack they need.
inline constexpr std::size_t max_format_depth = 16;

/// Fields of a format, those of nested records included. It bounds the memory a parsed format takes.
inline constexpr std::size_t max_format_fields = 1024;

/// Bytes of one item (1 TiB). No machine at hand has a larger segment, and sums and products of two sizes within it
/// are easily checked for overflow.
inline constexpr std::size_t max_itemsize = std::size_t{1} << 40;

static_assert(inline_ndim <= max_ndim);
static_assert(max_format_fields <= max_format_length, "a field takes at least one character");
static_assert(max_itemsize <= static_cast<std::size_t>(PTRDIFF_MAX) / max_ndim);

}  // namespace ringview::view_limits
