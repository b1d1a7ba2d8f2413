#include "stale_segments.hpp"

#include <algorithm>
#include <set>

#include <ringview/control/ring_name.hpp>
#include <ringview/layout/ring_memory.hpp>
#include <ringview/layout/validate.hpp>
#include <ringview/platform/error.hpp>
#include <ringview/platform/lost_pages.hpp>
#include <ringview/platform/process.hpp>
#include <ringview/platform/shared_memory.hpp>

namespace ringview::server {
namespace {

using control::SegmentRole;

template <class Record>
void note_if_alive(const Record& record, std::vector<pid_t>& users) {
    const auto state = static_cast<layout::MemberState>(record.state.load(std::memory_order_acquire));
    if (state == layout::MemberState::free || state == layout::MemberState::away) return;
    const platform::ProcessIdentity identity{record.pid, record.start_time_ticks, record.pid_namespace};
    // A member whose pid was never visible cannot be looked up; it counts as alive.
    if (identity.pid == 0 || platform::is_running(identity)) users.push_back(identity.pid);
}

/// Throws Error where the two segments are no ring of ours.
std::vector<pid_t> living_members(const std::string& slots_name, const std::string& cursors_name) {
    const platform::UniqueFd slots_fd = platform::open_segment(slots_name, platform::Access::read_only);
    const platform::UniqueFd cursors_fd = platform::open_segment(cursors_name, platform::Access::read_write);
    const platform::Mapping slots(slots_fd.get(), platform::file_bytes(slots_fd.get()), platform::Access::read_only);
    const platform::Mapping cursors(cursors_fd.get(), platform::file_bytes(cursors_fd.get()),
                                    platform::Access::read_write);
    const platform::LostPages slots_losses(slots);
    const platform::LostPages cursors_losses(cursors);
    const layout::RingHeader header = layout::validate(slots.bytes(), cursors.bytes());
    const layout::ReadableRing<> ring(header.geometry, slots.data(), cursors.data());
    std::vector<pid_t> users;
    for (unsigned line = 0; line < layout::max_producers; ++line) note_if_alive(ring.producer_record(line), users);
    for (unsigned i = 0; i < layout::max_subscriptions; ++i) note_if_alive(ring.subscription_record(i), users);
    std::sort(users.begin(), users.end());
    users.erase(std::unique(users.begin(), users.end()), users.end());
    return users;
}

}  // namespace

StaleRing clear_stale_ring(const std::string& instance, const std::string& ring) {
    const std::string slots_name = control::segment_name(instance, ring, SegmentRole::slots);
    const std::string cursors_name = control::segment_name(instance, ring, SegmentRole::cursors);
    StaleRing stale{ring, false, {}, {}};
    try {
        stale.users = living_members(slots_name, cursors_name);
    } catch (const Error& error) {
        // Half-made, of another version, or damaged: nobody can be using what cannot be attached to. A failed system
        // call says nothing about it.
        if (error.code() == Error::system) stale.obstacle = error.message();
    }
    if (!stale.users.empty() || !stale.obstacle.empty()) return stale;
    platform::remove_segment(slots_name);
    platform::remove_segment(cursors_name);
    stale.is_removed = true;
    return stale;
}

std::vector<StaleRing> clear_stale_segments(const std::string& instance) {
    std::set<std::string> names;
    for (const std::string& segment : platform::list_segments(control::segment_prefix(instance))) {
        if (const auto ring = control::ring_of_segment(instance, segment)) names.insert(*ring);
    }
    std::vector<StaleRing> stale;
    stale.reserve(names.size());
    for (const std::string& name : names) stale.push_back(clear_stale_ring(instance, name));
    return stale;
}

}  // namespace ringview::server
