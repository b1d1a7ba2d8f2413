#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <ringview/layout/limits.hpp>
#include <ringview/layout/segment_header.hpp>
#include <ringview/layout/slots_segment.hpp>

/// The cursors segment: what consumers write. FORMAT.md draws it.
namespace ringview::layout {

/// A bit per sleeping subscription, set and cleared by its owner.
template <template <class> class Atomic = std::atomic>
struct alignas(writer_spacing) Waiters {
    Atomic<std::uint64_t> bits;
};

/// Of a group of competing members.
template <template <class> class Atomic = std::atomic>
struct alignas(writer_spacing) GroupLine {
    Atomic<std::uint64_t> next;   ///< the next position that a member will claim
    Atomic<std::uint64_t> moves;  ///< how often the group has let go of what a producer waited for: it sleeps on this
};

/// One per subscription, or per member of a group. Written by its consumer; pos also by the daemon when the
/// subscription joins, leaves or is evicted; wakes by whoever wakes it; redelivery by the daemon and by other members.
template <template <class> class Atomic = std::atomic>
struct alignas(2 * writer_spacing) Cursor {
    Atomic<std::uint64_t> pos;       ///< the lowest unreleased position
    Atomic<std::uint64_t> wait_seq;  ///< while its bit in waiters is set: the seq it sleeps for
    Atomic<std::uint64_t> wakes;     ///< of a group's member: how often it was woken; it sleeps on this
    alignas(64) Atomic<std::uint64_t> held[held_words];
    alignas(64) Atomic<std::uint64_t> lost;
    Atomic<std::uint64_t> skipped;
    Atomic<std::uint64_t> stepped_over;
    Atomic<std::uint64_t> next;         ///< the position after the last one handed out; next - pos messages are held
    Atomic<std::uint64_t> delivered;    ///< of a group's member: messages handed out to it …
    Atomic<std::uint64_t> redelivered;  ///< … and how many of them another member had before that died
    alignas(64) Atomic<std::uint64_t> redelivery[held_words];
};

inline constexpr std::size_t waiters_offset = cursors_header_bytes;
inline constexpr std::size_t group_lines_offset = 8192;
inline constexpr std::size_t cursors_offset = group_lines_offset + max_groups * sizeof(GroupLine<>);
inline constexpr std::size_t cursors_segment_bytes = cursors_offset + max_subscriptions * sizeof(Cursor<>);

static_assert(sizeof(Cursor<>) == 256 && offsetof(Cursor<>, wait_seq) == 8 && offsetof(Cursor<>, held) == 64);
static_assert(offsetof(Cursor<>, wakes) == 16 && offsetof(Cursor<>, lost) == 128);
static_assert(offsetof(Cursor<>, delivered) == 160 && offsetof(Cursor<>, redelivery) == 192);
static_assert(waiters_offset + sizeof(Waiters<>) <= group_lines_offset);
static_assert(cursors_offset == 12288 && cursors_segment_bytes == 28672);

}  // namespace ringview::layout
