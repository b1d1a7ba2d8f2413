#pragma once

#include <cstddef>
#include <cstdint>

/// Every bound of the segment format, with the reason for its value. FORMAT.md repeats the numbers.
namespace ringview::layout {

/// Subscriptions of one ring: `waiters` and the membership masks are one 64-bit word each, so that a publish looks at
/// all of them with one load.
inline constexpr unsigned max_subscriptions = 64;
/// Producers of one ring: `producers_waiting` is one 64-bit word.
inline constexpr unsigned max_producers = 64;
/// Groups of one ring: a line each in the cursors segment; a group needs a member, so more than this is no use.
inline constexpr unsigned max_groups = 32;
/// Held entries of one subscription: one cache line of words.
inline constexpr unsigned held_words = 8;

/// A slot index is position mod slots, and history, batches and held counts must fit beside it in one word.
inline constexpr std::uint64_t max_slots = std::uint64_t{1} << 30;
/// The length of a message is a 32-bit word; the last line is kept free so that rounding up cannot overflow it.
inline constexpr std::uint64_t max_slot_bytes = 0xFFFF'FFC0;
/// x86-64 and AArch64 give a process 47 bits of addresses; two bits are left to everything else in it.
inline constexpr std::uint64_t max_segment_bytes = std::uint64_t{1} << 45;

/// Huge pages: the smallest of AArch64 (x86-64 has 2 MiB), and the largest of x86-64: by less than such a one a segment
/// may be longer than what it holds.
inline constexpr std::uint64_t min_huge_page_bytes = std::uint64_t{1} << 16;
inline constexpr std::uint64_t max_huge_page_bytes = std::uint64_t{1} << 30;

inline constexpr std::size_t max_ring_name_bytes = 128;
inline constexpr std::size_t max_member_name_bytes = 64;
/// Dimensions of a ring's shape: what a view keeps without allocating.
inline constexpr std::size_t max_ring_dimensions = 8;

inline constexpr std::uint64_t min_payload_alignment = 16;    ///< what the slot header gives for nothing
inline constexpr std::uint64_t max_payload_alignment = 4096;  ///< a page: no mapping promises more

/// Up to this many bytes (header and payload) the slots of a one-producer ring are packed at 16 bytes: neighbours share
/// a cache line and a burst moves fewer lines. Beyond it a slot is a multiple of a line, and packing saves nothing.
inline constexpr std::uint64_t packed_slot_bytes = 256;
inline constexpr std::uint64_t packed_slot_rounding = 16;
inline constexpr std::uint64_t line_slot_rounding = 64;

static_assert(max_subscriptions <= 64 && max_producers <= 64, "a bit each in one word");
static_assert(packed_slot_rounding >= min_payload_alignment, "packed slots keep the promised alignment");

}  // namespace ringview::layout
