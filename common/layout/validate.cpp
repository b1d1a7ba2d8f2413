#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include <ringview/layout/cursors_segment.hpp>
#include <ringview/layout/segment_header.hpp>
#include <ringview/layout/validate.hpp>
#include <ringview/platform/error.hpp>

#include "header_codec.hpp"

namespace ringview::layout {
namespace {

class HeaderCheck {
 public:
    explicit HeaderCheck(const char* segment) : segment_(segment) {}

    void require(bool holds, const std::string& what) const {
        if (holds) return;
        throw Error(
            Error::corrupt, std::string("the ") + segment_ + " segment is malformed: " + what,
            "it was not written by a ringview daemon, or it was damaged; `ringview rm` and create the ring again");
    }

    void equal(const char* word, std::uint64_t found, std::uint64_t expected) const {
        require(found == expected,
                std::string(word) + " is " + std::to_string(found) + ", expected " + std::to_string(expected));
    }

    void within(const char* word, std::uint64_t found, std::uint64_t low, std::uint64_t high) const {
        require(found >= low && found <= high, std::string(word) + " is " + std::to_string(found) + ", expected " +
                                                   std::to_string(low) + " to " + std::to_string(high));
    }

 private:
    const char* segment_;
};

void check_version(const SegmentPreamble& p) {
    if (p.version_major == version_major) return;
    throw Error(Error::version,
                "the segment has format version " + std::to_string(p.version_major) + "." +
                    std::to_string(p.version_minor) + ", this library reads " + std::to_string(version_major) + ".x",
                "use the same major version of ringview in the daemon and its clients");
}

/// Checks what both segments begin with, on a private copy of the whole header.
SegmentPreamble check_preamble(const HeaderCheck& check, std::span<const std::byte> header, SegmentKind kind,
                               std::uint64_t mapped_bytes) {
    SegmentPreamble p;
    std::memcpy(&p, header.data(), sizeof p);
    check.require(p.magic == segment_magic, "it does not begin with RINGVIEW");
    check.equal("byte_order", p.byte_order, byte_order_mark);
    check_version(p);
    check.equal("kind", p.kind, static_cast<std::uint32_t>(kind));
    check.equal("header_bytes", p.header_bytes, header.size());
    check.equal("checksum", p.checksum, header_checksum(header));
    check.equal("segment_bytes", p.segment_bytes, mapped_bytes);
    check.require((p.flags & ~std::uint32_t{known_ring_flags}) == 0,
                  "flags has bits that this version does not know: " + std::to_string(p.flags));
    return p;
}

std::vector<std::byte> private_copy(const HeaderCheck& check, std::span<const std::byte> segment,
                                    std::size_t header_bytes) {
    check.require(segment.size() >= header_bytes, "it has only " + std::to_string(segment.size()) + " bytes");
    return {segment.begin(), segment.begin() + static_cast<std::ptrdiff_t>(header_bytes)};
}

RingParameters parameters_of(const HeaderCheck& check, const SlotsHeader& h, std::span<const std::byte> header) {
    check.within("name_bytes", h.name_bytes, 1, max_ring_name_bytes);
    check.within("format_bytes", h.format_bytes, 1, max_format_bytes);
    check.within("dimensions", h.dimensions, 0, max_ring_dimensions);
    check.within("payload_alignment", h.payload_alignment, min_payload_alignment, max_payload_alignment);
    const auto* format_text = reinterpret_cast<const char*>(header.data() + format_text_offset);
    RingParameters p;
    p.name.assign(h.name.data(), h.name_bytes);
    p.format.assign(format_text, h.format_bytes);
    p.shape.assign(h.shape.begin(), h.shape.begin() + h.dimensions);
    p.slots = h.slot_count;
    p.slot_bytes = h.slot_capacity;
    p.history = h.history;
    p.producers = h.producer_limit;
    p.alignment = h.payload_alignment;
    p.timestamps = (h.preamble.flags & flag_timestamps) != 0;
    p.asymmetric_barrier = (h.preamble.flags & flag_asymmetric_barrier) != 0;
    p.stall_timeout_ms = h.stall_timeout_ms;
    p.first_position = h.first_position;
    return p;
}

void check_text(const HeaderCheck& check, const RingParameters& p) {
    const auto is_printable = [](char c) { return c >= 0x20 && c < 0x7f; };
    check.require(std::all_of(p.name.begin(), p.name.end(), is_printable),
                  "name holds characters that are not printable");
    check.require(std::none_of(p.format.begin(), p.format.end(), [](char c) { return c == '\0'; }),
                  "format holds a zero byte");
    for (std::size_t i = 0; i < p.shape.size(); ++i) {
        const bool may_vary = i == 0 && p.shape[i] == -1;
        check.require(p.shape[i] > 0 || may_vary, "shape[" + std::to_string(i) + "] is " + std::to_string(p.shape[i]));
    }
}

Geometry replan(const HeaderCheck& check, const RingParameters& p) {
    try {
        return plan_geometry(p);
    } catch (const Error& error) {
        check.require(false, error.message());
        throw;
    }
}

}  // namespace

RingHeader validate(std::span<const std::byte> slots, std::span<const std::byte> cursors) {
    const HeaderCheck check("slots");
    const std::vector<std::byte> header = private_copy(check, slots, slots_header_bytes);
    check_preamble(check, header, SegmentKind::slots, slots.size());
    SlotsHeader h;
    std::memcpy(&h, header.data(), sizeof h);
    const RingParameters p = parameters_of(check, h, header);
    check_text(check, p);
    // A geometry has one right form: the one that its parameters plan. So no offset or stride is taken on trust.
    const Geometry g = replan(check, p);
    check.equal("slot_stride", h.slot_stride, g.slot_stride);
    check.equal("slots_offset", h.slots_offset, slots_offset);
    check.equal("slot_header_bytes", h.slot_header_bytes, g.slot_header_bytes);
    check.require(is_segment_size(g, slots.size()), "segment_bytes is " + std::to_string(slots.size()) + ", expected " +
                                                        std::to_string(g.segment_bytes) +
                                                        " or that rounded up to whole huge pages");
    check.equal("subscription_limit", h.subscription_limit, max_subscriptions);

    const HeaderCheck cursors_check("cursors");
    const std::vector<std::byte> cursors_header = private_copy(cursors_check, cursors, cursors_header_bytes);
    const SegmentPreamble c = check_preamble(cursors_check, cursors_header, SegmentKind::cursors, cursors.size());
    cursors_check.equal("segment_bytes", cursors.size(), cursors_segment_bytes);
    cursors_check.equal("ring_id", c.ring_id, h.preamble.ring_id);
    cursors_check.equal("flags", c.flags, h.preamble.flags);

    return {
        g, p.name, p.format, p.shape, h.payload_alignment, h.stall_timeout_ms, h.preamble.ring_id, h.created_unix_ns};
}

}  // namespace ringview::layout
