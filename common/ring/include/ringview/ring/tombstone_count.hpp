#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include <ringview/layout/position.hpp>
#include <ringview/layout/ring_memory.hpp>
#include <ringview/ring/intent.hpp>
#include <ringview/ring/wake.hpp>

/// How many tombstones there are, wherever a producer dies. It says how many it is about to leave before the first of
/// them: these are the last positions of what it intends. After the last one it counts them, and only then intends them
/// no more.
namespace ringview::ring {

/// Of a producer line: how many it has left in the high 48 bits, how many it is leaving in the low 16.
constexpr std::uint64_t tombstones_word(std::uint64_t left, std::uint64_t leaving = 0) noexcept {
    return left << 16 | leaving;
}

/// What the producer of `line` is leaving at this moment. Whoever wrote the words may be hostile.
template <class Byte, template <class> class Atomic>
IntendedRange tombstones_being_left(const layout::RingMemory<Byte, Atomic>& ring, unsigned line,
                                    layout::Position head) noexcept {
    const auto& words = ring.producer_line(line);
    const std::uint64_t leaving = words.tombstones.load(std::memory_order_acquire) & 0xFFFF;
    const IntendedRange range = intended_range(words.intent.load(std::memory_order_acquire), head);
    const std::uint64_t count = std::min(leaving, range.count);
    return {range.first + (range.count - count), count};
}

/// Since the line was taken, with those of what its producer is leaving that are there, or were and are lapped.
template <class Byte, template <class> class Atomic>
std::uint64_t tombstones_left_by(const layout::RingMemory<Byte, Atomic>& ring, unsigned line,
                                 layout::Position head) noexcept {
    std::uint64_t count = ring.producer_line(line).tombstones.load(std::memory_order_acquire) >> 16;
    const IntendedRange leaving = tombstones_being_left(ring, line, head);
    for (std::uint64_t i = 0; i < leaving.count; ++i) {
        const layout::Position position = leaving.first + i;
        const layout::Seq seq = ring.slot(position).seq.load(std::memory_order_acquire);
        if (layout::seq_distance(seq, layout::seq_of(position)) >= 0) ++count;
    }
    return count;
}

/// The daemon's part, before the line of a producer that is gone is free: those are the ring's from now on.
inline void take_over_tombstones(const layout::WritableRing<>& ring, unsigned line, layout::Position head) noexcept {
    auto& tombstones = ring.state().tombstones.value;
    tombstones.store(tombstones.load(std::memory_order_relaxed) + tombstones_left_by(ring, line, head),
                     std::memory_order_relaxed);
    ring.producer_line(line).tombstones.store(0, std::memory_order_relaxed);
}

/// Of the ring. `producers`: a bit per line in use.
template <class Byte, template <class> class Atomic>
std::uint64_t count_tombstones(const layout::RingMemory<Byte, Atomic>& ring, std::uint64_t producers,
                               layout::Position head) noexcept {
    std::uint64_t count = ring.state().tombstones.value.load(std::memory_order_relaxed);
    for_each_bit(producers, ring.geometry().producer_limit,
                 [&](unsigned line) { count += tombstones_left_by(ring, line, head); });
    return count;
}

}  // namespace ringview::ring
