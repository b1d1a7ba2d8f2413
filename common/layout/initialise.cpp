#include <algorithm>
#include <cstring>
#include <new>

#include <ringview/layout/initialise.hpp>
#include <ringview/layout/ring_memory.hpp>
#include <ringview/platform/error.hpp>

#include "header_codec.hpp"

namespace ringview::layout {
namespace {

SegmentPreamble preamble(SegmentKind kind, std::size_t header_bytes, std::uint64_t segment_bytes, std::uint64_t ring_id,
                         std::uint32_t flags) {
    SegmentPreamble p{};
    p.magic = segment_magic;
    p.version_major = version_major;
    p.version_minor = version_minor;
    p.kind = static_cast<std::uint32_t>(kind);
    p.header_bytes = static_cast<std::uint32_t>(header_bytes);
    p.segment_bytes = segment_bytes;
    p.ring_id = ring_id;
    p.byte_order = byte_order_mark;
    p.flags = flags;
    return p;
}

SlotsHeader slots_header(const RingParameters& p, const Geometry& g, std::uint64_t segment_bytes, std::uint64_t ring_id,
                         std::uint64_t created_unix_ns) {
    SlotsHeader h{};
    const std::uint32_t flags =
        (g.timestamps ? flag_timestamps : 0U) | (g.asymmetric_barrier ? flag_asymmetric_barrier : 0U);
    h.preamble = preamble(SegmentKind::slots, slots_header_bytes, segment_bytes, ring_id, flags);
    h.slot_count = g.slot_count;
    h.slot_stride = g.slot_stride;
    h.slots_offset = slots_offset;
    h.slot_capacity = g.slot_capacity;
    h.slot_header_bytes = static_cast<std::uint32_t>(g.slot_header_bytes);
    h.payload_alignment = static_cast<std::uint32_t>(std::max(p.alignment, min_payload_alignment));
    h.history = g.history;
    h.first_position = g.first_position;
    h.producer_limit = g.producer_limit;
    h.subscription_limit = max_subscriptions;
    h.stall_timeout_ms = p.stall_timeout_ms;
    h.created_unix_ns = created_unix_ns;
    h.name_bytes = static_cast<std::uint32_t>(p.name.size());
    h.format_bytes = static_cast<std::uint32_t>(p.format.size());
    h.dimensions = static_cast<std::uint32_t>(p.shape.size());
    std::copy(p.shape.begin(), p.shape.end(), h.shape.begin());
    std::copy(p.name.begin(), p.name.end(), h.name.begin());
    return h;
}

void seal(std::span<std::byte> header) {
    const std::uint64_t checksum = header_checksum(header);
    std::memcpy(header.data() + offsetof(SegmentPreamble, checksum), &checksum, sizeof checksum);
}

void write_state(const Geometry& g, std::span<std::byte> slots) {
    auto* state = new (slots.data() + ring_state_offset) RingState<>{};
    state->head.value.store(g.first_position, std::memory_order_relaxed);
    state->gate.value.store(g.first_position, std::memory_order_relaxed);
    state->floors.floor.store(g.first_position, std::memory_order_relaxed);
    state->floors.safe_floor.store(g.first_position, std::memory_order_relaxed);
    state->membership.life.store(static_cast<std::uint64_t>(RingLife::open), std::memory_order_relaxed);
    for (std::uint64_t i = 0; i < g.slot_count; ++i) {
        const Position first = g.first_position + i;
        auto* slot = new (slots.data() + g.slot_offset(first)) SlotHeader<>{};
        slot->seq.store(seq_of(first - g.slot_count), std::memory_order_relaxed);
    }
}

}  // namespace

void initialise_ring(const RingParameters& parameters, std::uint64_t ring_id, std::uint64_t created_unix_ns,
                     std::span<std::byte> slots, std::span<std::byte> cursors) {
    const Geometry g = plan_geometry(parameters);
    if (!is_segment_size(g, slots.size()) || cursors.size() != cursors_segment_bytes) {
        throw Error(Error::invalid, "the memory for ring " + parameters.name + " does not have the planned size");
    }
    write_state(g, slots);
    const SlotsHeader header = slots_header(parameters, g, slots.size(), ring_id, created_unix_ns);
    std::memcpy(slots.data(), &header, sizeof header);
    std::memcpy(slots.data() + format_text_offset, parameters.format.data(), parameters.format.size());
    seal(slots.first(slots_header_bytes));

    const SegmentPreamble cursors_preamble =
        preamble(SegmentKind::cursors, cursors_header_bytes, cursors_segment_bytes, ring_id, header.preamble.flags);
    std::memcpy(cursors.data(), &cursors_preamble, sizeof cursors_preamble);
    seal(cursors.first(cursors_header_bytes));
}

}  // namespace ringview::layout
