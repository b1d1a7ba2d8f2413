#include <algorithm>
#include <bit>
#include <string>

#include <ringview/layout/geometry.hpp>
#include <ringview/layout/limits.hpp>
#include <ringview/layout/segment_header.hpp>
#include <ringview/platform/error.hpp>

namespace ringview::layout {
namespace {

void require(bool holds, const std::string& what, const std::string& hint = {}) {
    if (!holds) throw Error(Error::invalid, what, hint);
}

std::string number(std::uint64_t value) {
    return std::to_string(value);
}

std::uint64_t round_up(std::uint64_t value, std::uint64_t step) {
    return (value + step - 1) / step * step;
}

void check_bounds(const RingParameters& p) {
    require(!p.name.empty() && p.name.size() <= max_ring_name_bytes,
            "a ring name has 1 to " + number(max_ring_name_bytes) + " characters, this one " + number(p.name.size()));
    require(!p.format.empty() && p.format.size() <= max_format_bytes,
            "a format has 1 to " + number(max_format_bytes) + " characters, this one " + number(p.format.size()));
    require(p.shape.size() <= max_ring_dimensions, "a ring has at most " + number(max_ring_dimensions) +
                                                       " dimensions, this shape has " + number(p.shape.size()));
    require(p.slots >= 1 && p.slots <= max_slots && std::has_single_bit(p.slots),
            "slots must be a power of two from 1 to " + number(max_slots) + ", not " + number(p.slots),
            p.slots > 1 && p.slots < max_slots ? "the next one is " + number(std::bit_ceil(p.slots)) : std::string{});
    require(p.slot_bytes >= 1 && p.slot_bytes <= max_slot_bytes,
            "a slot holds 1 to " + number(max_slot_bytes) + " bytes, not " + number(p.slot_bytes));
    require(p.history < p.slots,
            "history must be less than slots: " + number(p.history) + " of " + number(p.slots) + " was asked for");
    require(p.producers >= 1 && p.producers <= max_producers,
            "a ring has 1 to " + number(max_producers) + " producers, not " + number(p.producers));
    require(p.alignment == 0 || (std::has_single_bit(p.alignment) && p.alignment <= max_payload_alignment),
            "alignment must be a power of two up to " + number(max_payload_alignment) + ", not " + number(p.alignment));
}

}  // namespace

Geometry plan_geometry(const RingParameters& p) {
    check_bounds(p);
    const std::uint64_t alignment = std::max(p.alignment, min_payload_alignment);
    const std::uint64_t header = round_up(p.timestamps ? timestamped_slot_header_bytes : slot_header_bytes, alignment);
    const std::uint64_t used = header + p.slot_bytes;
    const bool packed = p.producers == 1 && used <= packed_slot_bytes;
    const std::uint64_t rounding = std::max(alignment, packed ? packed_slot_rounding : line_slot_rounding);

    Geometry g;
    g.slot_count = p.slots;
    g.slot_stride = round_up(used, rounding);
    g.slot_capacity = p.slot_bytes;
    g.slot_header_bytes = header;
    g.history = p.history;
    g.first_position = p.first_position;
    g.producer_limit = p.producers;
    g.timestamps = p.timestamps;
    g.asymmetric_barrier = p.asymmetric_barrier;
    require(g.slot_stride <= (max_segment_bytes - slots_offset) / g.slot_count,
            number(g.slot_count) + " slots of " + number(g.slot_stride) + " bytes pass the largest segment, " +
                number(max_segment_bytes) + " bytes");
    g.segment_bytes = slots_offset + g.slot_count * g.slot_stride;
    return g;
}

bool is_segment_size(const Geometry& geometry, std::uint64_t bytes) noexcept {
    if (bytes <= geometry.segment_bytes) return bytes == geometry.segment_bytes;
    const std::uint64_t page =
        std::min(bytes & (~bytes + 1), max_huge_page_bytes);  // the largest that it is a multiple of
    return page >= min_huge_page_bytes && bytes - geometry.segment_bytes < page;
}

}  // namespace ringview::layout
