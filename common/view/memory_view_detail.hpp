#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace ringview {
class MemoryView;
}

namespace ringview::detail {

/// Both have the same shape, and at least one element.
bool equal_items(const MemoryView& a, const MemoryView& b);

/// For messages: (480, 640, 3).
std::string shape_text(std::span<const std::ptrdiff_t> shape);

}  // namespace ringview::detail
