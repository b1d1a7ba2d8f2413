#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <ringview/layout/limits.hpp>

/// The immutable head of both segments: written once by the daemon before anybody else can see it, checked and copied
/// by validate(), never read in place afterwards. FORMAT.md draws it.
namespace ringview::layout {

inline constexpr std::array<char, 8> segment_magic{'R', 'I', 'N', 'G', 'V', 'I', 'E', 'W'};
/// A reader refuses another major version. Minor versions only give meaning to bytes that were zero before.
inline constexpr std::uint32_t version_major = 1;
inline constexpr std::uint32_t version_minor = 0;
inline constexpr std::uint32_t byte_order_mark = 0x01020304;

enum class SegmentKind : std::uint32_t { slots = 0x544F4C53 /* "SLOT" */, cursors = 0x53525543 /* "CURS" */ };

enum RingFlags : std::uint32_t {
    flag_timestamps = 1U << 0,          ///< slot headers carry the publish time
    flag_asymmetric_barrier = 1U << 1,  ///< sleepers call membarrier; without it both sides use full fences
    known_ring_flags = flag_timestamps | flag_asymmetric_barrier,
};

inline constexpr std::size_t slots_header_bytes = 8192;
inline constexpr std::size_t cursors_header_bytes = 4096;
/// What the two header pages leave to the format text. A record of 200 named fields takes about half of it.
inline constexpr std::size_t format_text_offset = 512;
inline constexpr std::size_t max_format_bytes = slots_header_bytes - format_text_offset;

/// Both segments begin with this.
struct SegmentPreamble {
    std::array<char, 8> magic;
    std::uint32_t version_major;
    std::uint32_t version_minor;
    std::uint32_t kind;
    std::uint32_t header_bytes;   ///< how much of the segment the checksum covers
    std::uint64_t checksum;       ///< CRC-32 of those bytes, this word taken as zero
    std::uint64_t segment_bytes;  ///< of the whole segment
    std::uint64_t ring_id;        ///< random; equal in the two segments of one ring
    std::uint32_t byte_order;     ///< byte_order_mark as the writer stores it
    std::uint32_t flags;          ///< RingFlags
};

struct SlotsHeader {
    SegmentPreamble preamble;
    std::uint64_t slot_count;
    std::uint64_t slot_stride;
    std::uint64_t slots_offset;
    std::uint64_t slot_capacity;      ///< payload bytes that fit into a slot
    std::uint32_t slot_header_bytes;  ///< from a slot's first byte to its payload
    std::uint32_t payload_alignment;
    std::uint64_t history;
    std::uint64_t first_position;
    std::uint32_t producer_limit;
    std::uint32_t subscription_limit;
    std::uint64_t stall_timeout_ms;  ///< 0: consumers are never evicted for being slow
    std::uint64_t created_unix_ns;
    std::uint32_t name_bytes;
    std::uint32_t format_bytes;
    std::uint32_t dimensions;
    std::uint32_t reserved0;
    std::array<std::int64_t, max_ring_dimensions> shape;
    std::array<char, max_ring_name_bytes> name;
};

struct CursorsHeader {
    SegmentPreamble preamble;
};

static_assert(sizeof(SegmentPreamble) == 56);
static_assert(offsetof(SegmentPreamble, checksum) == 24);
static_assert(offsetof(SegmentPreamble, flags) == 52);
static_assert(offsetof(SlotsHeader, slot_count) == 56);
static_assert(offsetof(SlotsHeader, slot_header_bytes) == 88);
static_assert(offsetof(SlotsHeader, history) == 96);
static_assert(offsetof(SlotsHeader, producer_limit) == 112);
static_assert(offsetof(SlotsHeader, stall_timeout_ms) == 120);
static_assert(offsetof(SlotsHeader, name_bytes) == 136);
static_assert(offsetof(SlotsHeader, shape) == 152);
static_assert(offsetof(SlotsHeader, name) == 216);
static_assert(sizeof(SlotsHeader) == 344 && sizeof(SlotsHeader) <= format_text_offset);
static_assert(std::is_trivially_copyable_v<SlotsHeader> && std::is_standard_layout_v<SlotsHeader>);

}  // namespace ringview::layout
