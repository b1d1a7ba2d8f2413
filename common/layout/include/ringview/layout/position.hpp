#pragma once

#include <cstdint>

/// Message numbers. A *position* counts messages from the ring's first on and only grows (64 bits; at a billion
/// messages a second it lasts 580 years). A *seq* is what a slot shows for a position: (position + 1) mod 2^63, with
/// bit 63 set for a tombstone. Both are ordered by the sign of their difference, never by <.
namespace ringview::layout {

using Position = std::uint64_t;
using Seq = std::uint64_t;

inline constexpr Seq tombstone_bit = Seq{1} << 63;

/// The seq of the published message at `position`.
constexpr Seq seq_of(Position position) noexcept {
    return (position + 1) & ~tombstone_bit;
}

constexpr Seq tombstone_of(Position position) noexcept {
    return seq_of(position) | tombstone_bit;
}

/// How far `a` is ahead of `b`; negative when behind. Tombstone bits do not count.
constexpr std::int64_t seq_distance(Seq a, Seq b) noexcept {
    return static_cast<std::int64_t>((a - b) << 1) >> 1;
}

/// How far position `a` is ahead of position `b`; negative when behind.
constexpr std::int64_t distance(Position a, Position b) noexcept {
    return static_cast<std::int64_t>(a - b);
}

constexpr Position later(Position a, Position b) noexcept {
    return distance(a, b) > 0 ? a : b;
}
constexpr Position earlier(Position a, Position b) noexcept {
    return distance(a, b) < 0 ? a : b;
}

static_assert(seq_distance(seq_of(5), seq_of(3)) == 2);
static_assert(seq_distance(seq_of((Position{1} << 63) + 1), seq_of((Position{1} << 63) - 2)) == 3);
static_assert(seq_distance(tombstone_of(7), seq_of(7)) == 0);

}  // namespace ringview::layout
