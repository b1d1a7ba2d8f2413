#pragma once

#include <optional>

#include <ringview/ring/barrier.hpp>
#include <ringview/ring/membership.hpp>

/// What the daemon does to a lossless subscription that holds its ring up for too long. One thread of one daemon at a
/// time.
namespace ringview::ring {

enum class HeldMarks {
    stored,  ///< its consumer marks what it holds, as on every ring with a stall timeout (Overrun::evicts_us)
    none,    ///< it does not, or there is no consumer: nothing protects what it holds any more
};

/// Producers wait for it no more, and those that sleep for it are woken; its consumer is told at its next call. What a
/// consumer holds that marks it stays in use until it is released, or the subscription leaves. Returns the first
/// position that was not released; its pos then is the one below, unless its consumer moves it up meanwhile or later.
/// Nothing, and nothing changes, where the barrier that this needs cannot be had.
std::optional<layout::Position> evict(const DaemonRing& ring, const Barrier& barrier, unsigned subscription,
                                      HeldMarks marks) noexcept;

/// The first position that was not released, by pos as it is now. `evicted_at`: what evict() returned, if it was
/// called.
constexpr layout::Position unreleased_from(layout::Position pos, std::optional<layout::Position> evicted_at) noexcept {
    return evicted_at && pos == *evicted_at - 1 ? *evicted_at : pos;
}

/// Of an evicted one whose consumer lives: once it has released everything, producers need not look at it any more.
/// Whether that is so.
bool settle_evicted(const DaemonRing& ring, unsigned subscription) noexcept;

}  // namespace ringview::ring
