#pragma once

#include <cstddef>
#include <cstdint>

#include <ringview/layout/ring_memory.hpp>
#include <ringview/platform/cpu.hpp>
#include <ringview/ring/waiting.hpp>

/// Lines of slots that will be needed soon are on their way before they are: one after the other, each message would
/// wait for the other processor.
namespace ringview::ring {

/// A producer asks for the lines of a free slot so many positions before it writes them. Stores leave a processor in
/// order, and those of some messages only have a place in it while they wait: without this, lines come as many at a
/// time as these messages have.
inline constexpr std::uint64_t fetched_before_written = 8;
/// A consumer with a burst before it asks for the lines of a slot so many positions before it reads them, further away
/// than the messages that its processor looks into by itself.
inline constexpr std::uint64_t fetched_before_read = 16;

/// The header's line and the next one: where messages are small, all of the slot.
template <class Byte, template <class> class Atomic>
[[gnu::always_inline]] inline void fetch_to_write(const layout::RingMemory<Byte, Atomic>& ring,
                                                  layout::Position position) noexcept {
    const auto* slot = reinterpret_cast<const std::byte*>(&ring.slot(position));
    platform::prefetch_for_write(slot);
    if (ring.geometry().slot_stride > cache_line_bytes) platform::prefetch_for_write(slot + cache_line_bytes);
}
template <class Byte, template <class> class Atomic>
[[gnu::always_inline]] inline void fetch_to_read(const layout::RingMemory<Byte, Atomic>& ring,
                                                 layout::Position position) noexcept {
    const auto* slot = reinterpret_cast<const std::byte*>(&ring.slot(position));
    platform::prefetch(slot);
    if (ring.geometry().slot_stride > cache_line_bytes) platform::prefetch(slot + cache_line_bytes);
}

}  // namespace ringview::ring
