#pragma once

#include <cstddef>
#include <span>

#include <ringview/layout/geometry.hpp>

namespace ringview::layout {

/// The sole gate from bytes to structs. Copies the headers of both segments into private memory, checks the copies and
/// returns what they say; nothing of the header is read in place afterwards. `slots` and `cursors` are the whole
/// mappings. Throws Error::version for a segment of another major version, otherwise Error::corrupt with the word that
/// is wrong, what it holds and what was expected.
RingHeader validate(std::span<const std::byte> slots, std::span<const std::byte> cursors);

}  // namespace ringview::layout
