#include "ring_segments.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <ringview/control/ring_name.hpp>
#include <ringview/layout/cursors_segment.hpp>
#include <ringview/platform/anonymous_segment.hpp>
#include <ringview/platform/error.hpp>
#include <ringview/platform/huge_pages.hpp>
#include <ringview/platform/mapped_pages.hpp>
#include <ringview/platform/numa.hpp>
#include <ringview/platform/shared_memory.hpp>

namespace ringview::server {
namespace {

using control::SegmentRole;
using platform::Access;
using platform::UniqueFd;

std::uint64_t round_up(std::uint64_t bytes, std::uint64_t page) {
    return page == 0 ? bytes : (bytes + page - 1) / page * page;
}

platform::Mapping map_whole(const UniqueFd& fd) {
    return {fd.get(), platform::file_bytes(fd.get()), Access::read_write};
}

}  // namespace

std::uint64_t RingSegments::planned_bytes(const RingSpec& spec, const layout::Geometry& geometry) {
    std::uint64_t slots = geometry.segment_bytes;
    if (spec.huge_pages != HugePages::off) {
        const std::uint64_t reserved =
            spec.backend == Backend::memfd ? round_up(slots, platform::huge_page_pool().page_bytes) : 0;
        const std::uint64_t transparent = round_up(slots, platform::transparent_huge_page_bytes());
        slots = spec.huge_pages == HugePages::require ? reserved : std::max(reserved, transparent);
    }
    return slots + layout::cursors_segment_bytes;
}

RingSegments::RingSegments(const std::string& instance, const RingSpec& spec, const layout::Geometry& geometry)
    : backend_(spec.backend),
      node_(spec.numa_node),
      slots_{control::segment_name(instance, spec.name, SegmentRole::slots)},
      cursors_{control::segment_name(instance, spec.name, SegmentRole::cursors)} {
    try {
        make(spec, geometry);
    } catch (const Error& error) {
        remove_names();
        throw Error(static_cast<Error::Code>(error.code().value()), "ring " + spec.name + ": " + error.message(),
                    error.hint());
    }
}

RingSegments::~RingSegments() {
    remove_names();
}

void RingSegments::make(const RingSpec& spec, const layout::Geometry& geometry) {
    // What is allocated while it lives lies on that node for good.
    std::optional<platform::NodePolicy> policy;
    if (node_) policy.emplace(*node_);
    slots_.fd = make_slots(spec.huge_pages, geometry.segment_bytes);
    cursors_.fd = make_ordinary(cursors_, layout::cursors_segment_bytes);
    cursors_.mapping = map_whole(cursors_.fd);
    use_memory(spec);
    for (Segment* segment : {&slots_, &cursors_}) {
        if (backend_ == Backend::memfd)
            platform::seal_size(segment->fd.get());
        else
            segment->fd.reset();
        segment->lost_pages.emplace(segment->mapping);
    }
}

UniqueFd RingSegments::make_slots(HugePages huge_pages, std::uint64_t bytes) {
    if (huge_pages == HugePages::require) return make_reserved(bytes);
    if (huge_pages == HugePages::attempt) {
        try {
            if (backend_ == Backend::memfd) return make_reserved(bytes);
        } catch (const Error& error) {
            add_note(error.what());
        }
        return make_transparent(bytes);
    }
    UniqueFd fd = make_ordinary(slots_, bytes);
    slots_.mapping = map_whole(fd);
    return fd;
}

UniqueFd RingSegments::make_reserved(std::uint64_t bytes) {
    const std::uint64_t whole = round_up(bytes, platform::huge_page_pool().page_bytes);
    UniqueFd fd = platform::create_huge_segment(slots_.name, whole, node_);
    slots_.mapping = map_whole(fd);
    is_reserved_ = true;
    return fd;
}

UniqueFd RingSegments::make_transparent(std::uint64_t bytes) {
    UniqueFd fd = make_ordinary(slots_, round_up(bytes, platform::transparent_huge_page_bytes()));
    slots_.mapping = map_whole(fd);
    const std::string reason = platform::collapse_into_huge_pages(slots_.mapping);
    if (reason.empty()) return fd;
    if (platform::ProcessPages::read().of(slots().bytes()).huge_bytes != 0) {
        add_note("not all in transparent huge pages: " + reason);
        return fd;
    }
    add_note("no transparent huge pages: " + reason);
    // What it was rounded up by is of no use then.
    slots_.mapping = {};
    platform::shrink_segment(fd.get(), bytes);
    slots_.mapping = map_whole(fd);
    return fd;
}

UniqueFd RingSegments::make_ordinary(Segment& segment, std::uint64_t bytes) const {
    if (backend_ == Backend::memfd) return platform::create_anonymous_segment(segment.name, bytes, node_);
    if (node_) platform::check_available("the segment " + segment.name, bytes, node_);
    UniqueFd fd = platform::create_segment(segment.name, bytes);
    segment.owns_name = true;
    return fd;
}

/// What is to be done with the memory once it is there.
void RingSegments::use_memory(const RingSpec& spec) const {
    for (const Segment* segment : {&slots_, &cursors_}) {
        if (spec.prefault) platform::prefault(segment->mapping, Access::read_write);
        // Reserved huge pages are never swapped.
        const bool needs_lock = segment != &slots_ || !is_reserved_;
        if (spec.lock && needs_lock) platform::lock(segment->mapping, segment->name);
    }
}

void RingSegments::remove_names() noexcept {
    for (Segment* segment : {&slots_, &cursors_}) {
        segment->fd.reset();
        if (std::exchange(segment->owns_name, false)) platform::remove_segment(segment->name);
    }
}

UniqueFd RingSegments::open(const Segment& segment, Access access) const {
    UniqueFd fd = backend_ == Backend::memfd ? platform::reopen_segment(segment.fd.get(), access)
                                             : platform::open_segment(segment.name, access);
    // Whoever maps it would die of what is missing.
    if (are_lost() || platform::file_bytes(fd.get()) < segment.mapping.size())
        throw Error(Error::corrupt, "a client has taken memory of the segment " + segment.name + " away",
                    "remove the ring, and make it anew; with the backend memfd clients cannot cut it off");
    return fd;
}

bool RingSegments::are_lost() const noexcept {
    return slots_.lost_pages->are_lost() || cursors_.lost_pages->are_lost();
}

std::array<UniqueFd, 2> RingSegments::open(Access slots_access) const {
    return {open(slots_, slots_access), open(cursors_, Access::read_write)};
}

void RingSegments::add_note(const std::string& text) {
    note_ += (note_.empty() ? "" : "; ") + text;
    if (note_.size() > MemoryInfo::max_note_bytes) note_.resize(MemoryInfo::max_note_bytes);
}

MemoryInfo RingSegments::info(const platform::ProcessPages& pages) const {
    const platform::PageFacts slots = pages.of(this->slots().bytes());
    const platform::PageFacts sum = slots + pages.of(cursors().bytes());
    MemoryInfo info;
    info.backend = backend_;
    info.page_bytes = slots.page_bytes;
    info.huge_bytes = sum.huge_bytes;
    info.prefaulted_bytes = sum.mapped_bytes;
    info.locked_bytes = sum.locked_bytes;
    info.swapped_bytes = sum.swapped_bytes;
    for (const auto& [node, bytes] : sum.node_bytes) info.nodes.push_back({node, bytes});
    const auto has_more = [](const NodeBytes& a, const NodeBytes& b) { return a.bytes > b.bytes; };
    std::stable_sort(info.nodes.begin(), info.nodes.end(), has_more);
    if (info.nodes.size() > MemoryInfo::max_nodes) info.nodes.resize(MemoryInfo::max_nodes);
    info.note = note_;
    return info;
}

}  // namespace ringview::server
