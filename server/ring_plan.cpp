#include "ring_plan.hpp"

#include <limits>

#include <ringview/control/codec.hpp>
#include <ringview/control/ring_name.hpp>
#include <ringview/layout/limits.hpp>
#include <ringview/platform/error.hpp>
#include <ringview/view/format.hpp>

namespace ringview::server {
namespace {

static_assert(control::max_ring_name_bytes == layout::max_ring_name_bytes &&
                  control::max_member_name_bytes == layout::max_member_name_bytes,
              "what control lets through must fit into the segment");

[[noreturn]] void refuse(const RingSpec& spec, const std::string& what, const std::string& hint = {}) {
    throw Error(Error::invalid, "ring " + spec.name + ": " + what, hint);
}

Format parse_format(const RingSpec& spec) {
    try {
        return Format::parse(spec.format);
    } catch (const ViewError& error) {
        refuse(spec, std::string("its format is malformed: ") + error.what());
    }
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
    std::string text;
    for (const std::int64_t extent : shape) text += (text.empty() ? "" : ",") + std::to_string(extent);
    return "(" + text + ")";
}

/// Bytes of a whole message, or of one step of a varying first dimension.
std::uint64_t fixed_bytes(const RingSpec& spec, bool varies) {
    std::uint64_t bytes = parse_format(spec).itemsize();
    if (bytes == 0) refuse(spec, "the format \"" + spec.format + "\" has no bytes");
    for (std::size_t i = varies ? 1 : 0; i < spec.shape.size(); ++i) {
        const std::int64_t extent = spec.shape[i];
        if (extent <= 0) {
            refuse(spec, "the shape " + shape_text(spec.shape) + " has a dimension that is not positive",
                   "only the first may be -1: it then varies by message");
        }
        if (static_cast<std::uint64_t>(extent) > std::numeric_limits<std::uint64_t>::max() / bytes) {
            refuse(spec, "the shape " + shape_text(spec.shape) + " has too many elements");
        }
        bytes *= static_cast<std::uint64_t>(extent);
    }
    return bytes;
}

void check_options(const RingSpec& spec) {
    if (spec.stall_timeout.count() < 0) refuse(spec, "stall_timeout is negative");
    if (spec.huge_pages == HugePages::require && spec.backend != Backend::memfd) {
        refuse(spec, "huge_pages is require, but segments of the backend posix cannot lie in reserved huge pages",
               "choose the backend memfd, or huge_pages try");
    }
}

void note(std::string& text, const char* field, const std::string& has, const std::string& asked) {
    if (has == asked) return;
    text += (text.empty() ? "" : "; ") + std::string(field) + " is " + has + ", " + asked + " was asked for";
}

/// Of a setting that can be left out.
template <class Number>
std::string optional_text(const std::optional<Number>& value) {
    return value ? std::to_string(*value) : std::string("any");
}

const char* flag_text(bool value) {
    return value ? "true" : "false";
}

std::string access_text(const std::vector<std::string>& entries) {
    std::string text;
    for (const std::string& entry : entries) text += (text.empty() ? "" : " ") + entry;
    return text.empty() ? "the creator" : text;
}

}  // namespace

RingSpec complete_spec(RingSpec spec) {
    control::check_ring_name(spec.name);
    check_options(spec);
    if (spec.shape.size() > layout::max_ring_dimensions) {
        refuse(spec, "the shape " + shape_text(spec.shape) + " has more than " +
                         std::to_string(layout::max_ring_dimensions) + " dimensions");
    }
    const bool varies = !spec.shape.empty() && spec.shape.front() == -1;
    const std::uint64_t needed = fixed_bytes(spec, varies);
    if (spec.slot_bytes == 0 && varies) {
        refuse(
            spec,
            "the shape " + shape_text(spec.shape) + " varies by message, so slot_bytes must say how large one can be",
            "give slot_bytes (--slot-bytes N)");
    }
    if (spec.slot_bytes == 0) spec.slot_bytes = needed;
    if (spec.slot_bytes < needed) {
        refuse(spec, "slot_bytes is " + std::to_string(spec.slot_bytes) + ", but " +
                         (varies ? "one row" : "a message") + " of format " + spec.format + " and shape " +
                         shape_text(spec.shape) + " has " + std::to_string(needed) + " bytes");
    }
    if (!spec.history) spec.history = spec.slots / 2;
    return spec;
}

layout::RingParameters plan_ring(const RingSpec& spec, bool has_membarrier) {
    layout::RingParameters p;
    p.name = spec.name;
    p.format = spec.format;
    p.shape = spec.shape;
    p.slots = spec.slots;
    p.slot_bytes = spec.slot_bytes;
    p.history = spec.history.value_or(spec.slots / 2);
    p.producers = spec.producers;
    p.alignment = spec.alignment;
    p.timestamps = spec.timestamps;
    p.asymmetric_barrier = has_membarrier && spec.fences == Fences::automatic;
    p.stall_timeout_ms = static_cast<std::uint64_t>(spec.stall_timeout.count());
    return p;
}

std::string describe_difference(const RingSpec& existing, const RingSpec& wanted) {
    std::string text;
    const auto number = [](std::uint64_t value) { return std::to_string(value); };
    if (parse_format(existing) != parse_format(wanted)) note(text, "format", existing.format, wanted.format);
    note(text, "shape", shape_text(existing.shape), shape_text(wanted.shape));
    note(text, "slots", number(existing.slots), number(wanted.slots));
    note(text, "slot_bytes", number(existing.slot_bytes), number(wanted.slot_bytes));
    note(text, "history", number(existing.history.value_or(0)), number(wanted.history.value_or(0)));
    note(text, "producers", number(existing.producers), number(wanted.producers));
    note(text, "alignment", number(existing.alignment), number(wanted.alignment));
    note(text, "timestamps", flag_text(existing.timestamps), flag_text(wanted.timestamps));
    note(text, "stall_timeout_ms", std::to_string(existing.stall_timeout.count()),
         std::to_string(wanted.stall_timeout.count()));
    note(text, "backend", control::backend_name(existing.backend), control::backend_name(wanted.backend));
    note(text, "fences", existing.fences == Fences::automatic ? "automatic" : "always",
         wanted.fences == Fences::automatic ? "automatic" : "always");
    note(text, "huge_pages", control::huge_pages_name(existing.huge_pages),
         control::huge_pages_name(wanted.huge_pages));
    note(text, "prefault", flag_text(existing.prefault), flag_text(wanted.prefault));
    note(text, "lock", flag_text(existing.lock), flag_text(wanted.lock));
    note(text, "numa_node", optional_text(existing.numa_node), optional_text(wanted.numa_node));
    note(text, "access.produce", access_text(existing.access.produce), access_text(wanted.access.produce));
    note(text, "access.consume", access_text(existing.access.consume), access_text(wanted.access.consume));
    note(text, "access.manage", access_text(existing.access.manage), access_text(wanted.access.manage));
    return text;
}

}  // namespace ringview::server
