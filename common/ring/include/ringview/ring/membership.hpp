#pragma once

#include <cstdint>

#include <ringview/layout/ring_memory.hpp>

/// What the daemon does to a ring's words while its members go on without noticing. One thread of one daemon at a time.
namespace ringview::ring {

using DaemonRing = layout::WritableRing<>;

enum class JoinAt {
    oldest,  ///< the oldest message that is still there
    newest,  ///< the last message that was published, then on
    next,    ///< what is published from now on
};

/// Admits a subscription whose record is filled in: from the return on, no position at or above the result is reused
/// before the cursor has passed it (lossless), or before floor has (lossy).
layout::Position join(const DaemonRing& ring, unsigned subscription, layout::MemberPolicy policy, JoinAt at) noexcept;

/// The same at `wanted`, which is not above head: from what is kept on, where that begins later. What lies between is
/// lost, and counted so. A lossless subscription that has gone away has kept all that it had not released.
layout::Position join_at(const DaemonRing& ring, unsigned subscription, layout::MemberPolicy policy,
                         layout::Position wanted) noexcept;

/// Where that is now.
layout::Position wanted_start(const DaemonRing& ring, JoinAt at) noexcept;

/// A cursor that nobody uses as one that has seen nothing.
void reset_cursor(layout::Cursor<>& cursor) noexcept;

/// Takes a subscription out and frees the producers that it held up. Its cursor ends at the ring's head.
void leave(const DaemonRing& ring, unsigned subscription) noexcept;

/// The consumer of a subscription that stays has gone: it sleeps and holds no more. A lossless one goes on to hold
/// producers at its pos, and those that sleep on it look again; a lossy one is passed over. pos stays in its cursor.
void go_away(const DaemonRing& ring, unsigned subscription) noexcept;

/// Marks a producer line as in use, its counters at zero.
void open_producer_line(const DaemonRing& ring, unsigned line) noexcept;

/// After the death or the leave of the producer of a ring that has one (recovery.hpp has what goes for any ring): what
/// it has published counts, also where it did not live to store head; whoever waits for that is woken; the line is free
/// for the next producer.
void close_producer_line(const DaemonRing& ring, unsigned line) noexcept;

/// Tells every member at its next call, or in its sleep, that the ring is gone.
void mark_removed(const DaemonRing& ring) noexcept;

}  // namespace ringview::ring
