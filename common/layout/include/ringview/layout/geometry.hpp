#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <ringview/layout/position.hpp>
#include <ringview/layout/slots_segment.hpp>

namespace ringview::layout {

/// What a ring is asked to be. The daemon makes it from a spec; nothing in it is trusted yet.
struct RingParameters {
    std::string name{};
    std::string format{};
    std::vector<std::int64_t> shape{};
    std::uint64_t slots = 0;
    std::uint64_t slot_bytes = 0;  ///< payload capacity of a slot
    std::uint64_t history = 0;     ///< messages kept for late joiners, < slots
    std::uint32_t producers = 1;
    std::uint64_t alignment = 0;  ///< of payloads; 0: 16 bytes
    bool timestamps = false;
    bool asymmetric_barrier = true;  ///< sleepers use membarrier, so that publishing needs no fence
    std::uint64_t stall_timeout_ms = 0;
    Position first_position = 0;
};

/// The numbers that turn a position into an address: each process has its own copy, checked once.
struct Geometry {
    std::uint64_t slot_count = 0;  ///< a power of two
    std::uint64_t slot_stride = 0;
    std::uint64_t slot_capacity = 0;
    std::uint64_t slot_header_bytes = 0;
    std::uint64_t history = 0;
    Position first_position = 0;
    std::uint64_t segment_bytes = 0;  ///< of the slots segment, to the end of the last slot
    std::uint32_t producer_limit = 1;
    bool timestamps = false;
    bool asymmetric_barrier = true;

    std::uint64_t index_of(Position position) const noexcept { return position & (slot_count - 1); }
    std::uint64_t slot_offset(Position position) const noexcept {
        return slots_offset + index_of(position) * slot_stride;
    }

    bool operator==(const Geometry&) const = default;
};

/// A ring as its segment describes it, in private memory.
struct RingHeader {
    Geometry geometry;
    std::string name;
    std::string format;
    std::vector<std::int64_t> shape;
    std::uint64_t payload_alignment = 0;
    std::uint64_t stall_timeout_ms = 0;
    std::uint64_t ring_id = 0;
    std::uint64_t created_unix_ns = 0;
};

/// Checks every bound and lays the ring out. Throws Error::invalid, naming the value and its bound.
Geometry plan_geometry(const RingParameters& parameters);

/// Whether a slots segment may be so long: as its geometry has it, or that rounded up to whole huge pages.
bool is_segment_size(const Geometry& geometry, std::uint64_t bytes) noexcept;

}  // namespace ringview::layout
