#pragma once

#include <cstdint>

#include <ringview/ring/membership.hpp>
#include <ringview/ring/observe.hpp>

/// What the daemon does to groups of competing members. One thread of one daemon at a time.
namespace ringview::ring {

/// A group comes into being, without members: from the return on, no position at or above the result is reused before a
/// member has had it, nor is the gate announced above one that no member has released. It begins no lower than the
/// history.
layout::Position begin_group(const DaemonRing& ring, unsigned group, JoinAt at) noexcept;
/// The same at `wanted`, which is not above head; from where the history begins, where that is later.
layout::Position begin_group_at(const DaemonRing& ring, unsigned group, layout::Position wanted) noexcept;

/// Admits a member, whose cursor nobody uses.
void join_group(const DaemonRing& ring, unsigned group, unsigned subscription) noexcept;

/// A member is gone, dead or not. What it had claimed and not released waits in its redelivery words for other members,
/// who are woken; its place stays taken until they have it all (settle_orphan). May be cut short at any point, and
/// called again.
void recover_member(const DaemonRing& ring, unsigned group, unsigned subscription) noexcept;

/// Of a group that has no members but these, `gone`: what waits for others moves into the redelivery words of as few of
/// them as can be, so that the other places are free (settle_orphan).
void gather_orphans(const DaemonRing& ring, std::uint64_t gone) noexcept;

/// Of a member that is gone: frees its place once nothing waits in it. Whether that is so.
bool settle_orphan(const DaemonRing& ring, unsigned group, unsigned subscription) noexcept;

/// The group is no more, whatever waits for it; producers that it held up go on. May be cut short and called again.
void end_group(const DaemonRing& ring, unsigned group) noexcept;

struct GroupSnapshot {
    layout::Position next = 0;      ///< the position that a member claims next
    layout::Position pos = 0;       ///< the lowest that is not released
    std::uint64_t lag = 0;          ///< head - pos
    unsigned gone = 0;              ///< members that are gone and whose places are taken by what they have left
    std::uint32_t left_behind = 0;  ///< positions that they have left
};
GroupSnapshot observe_group(const DaemonRing& ring, unsigned group) noexcept;

/// A member: pos is the lowest position that it holds, and where it holds none, the one that it may claim next.
SubscriptionSnapshot observe_member(const DaemonRing& ring, unsigned group, unsigned subscription) noexcept;

}  // namespace ringview::ring
