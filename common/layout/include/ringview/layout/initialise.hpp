#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <ringview/layout/cursors_segment.hpp>
#include <ringview/layout/geometry.hpp>

namespace ringview::layout {

/// Writes a fresh ring into two zero-filled segments that nobody else has seen yet. `slots` must be
/// of a length that is_segment_size() allows, `cursors` cursors_segment_bytes. Touches every slot once.
void initialise_ring(const RingParameters& parameters, std::uint64_t ring_id, std::uint64_t created_unix_ns,
                     std::span<std::byte> slots, std::span<std::byte> cursors);

}  // namespace ringview::layout
