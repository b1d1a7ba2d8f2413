#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include <ringview/layout/position.hpp>
#include <ringview/layout/ring_memory.hpp>
#include <ringview/ring/eviction.hpp>
#include <ringview/ring/group_scan.hpp>
#include <ringview/ring/head.hpp>

namespace ringview::ring {
namespace lag_time {

inline constexpr unsigned most_looks = 4;          ///< a consumer that is quicker than all of these has next to no lag
inline constexpr std::uint64_t most_steps = 1024;  ///< over positions without a message, in one look

template <class Word>
std::uint64_t load(const Word& word) noexcept {
    return word.load(std::memory_order_acquire);
}

/// The lowest position that the subscription has not released and whose slot is not written again yet: producers wait
/// for a lossless one's pos, also where a gate was announced beyond it before it joined (E5); they raise floor before
/// they lap a lossy one, and gate before they pass one that was evicted.
template <template <class> class Atomic>
layout::Position oldest_kept(const layout::WritableRing<Atomic>& ring, unsigned subscription,
                             std::optional<layout::Position> evicted_at, layout::Position head) noexcept {
    const auto& state = ring.state();
    const bool is_lossy = (load(state.membership.lossy) >> subscription & 1) != 0;
    const bool is_lossless = (load(state.membership.lossless) >> subscription & 1) != 0;
    const layout::Position oldest = head - ring.geometry().slot_count;
    const layout::Position kept_from = is_lossy      ? load(state.floors.floor)
                                       : is_lossless ? oldest
                                                     : load(state.gate.value);
    const layout::Position pos = unreleased_from(load(ring.cursor(subscription).pos), evicted_at);
    return layout::later(layout::later(pos, kept_from), oldest);
}

/// The first position from `position` on that is not without a message, else head; nothing where that is too far.
template <template <class> class Atomic>
std::optional<layout::Position> first_message(const layout::WritableRing<Atomic>& ring, layout::Position position,
                                              layout::Position head) noexcept {
    for (std::uint64_t i = 0; i < most_steps; ++i, ++position) {
        if (layout::distance(head, position) <= 0) return head;
        const layout::Seq seq = load(ring.slot(position).seq);
        const std::int64_t ahead = layout::seq_distance(seq, layout::seq_of(position));
        const bool is_tombstone = (seq & layout::tombstone_bit) != 0;
        if (ahead > 0 || (ahead == 0 && !is_tombstone)) return position;
    }
    return std::nullopt;
}

/// `oldest_kept(head)` is the lowest position that is not released, and whose slot is not written again yet.
template <template <class> class Atomic, class OldestKept>
std::optional<std::uint64_t> age_of(const layout::WritableRing<Atomic>& ring, std::uint64_t now_ns,
                                    OldestKept&& oldest_kept) noexcept {
    if (!ring.geometry().timestamps) return std::nullopt;
    for (unsigned i = 0; i < most_looks; ++i) {
        const layout::Position head = find_head(ring);
        const auto position = first_message(ring, oldest_kept(head), head);
        if (!position) return std::nullopt;
        if (*position == head) return 0;
        const std::uint64_t published_ns = load(ring.publish_time(*position));  // E11: publish time -> stat
        const bool is_kept = layout::distance(oldest_kept(head), *position) <= 0;
        if (is_kept && load(ring.slot(*position).seq) == layout::seq_of(*position))
            return published_ns > now_ns ? 0 : now_ns - published_ns;
    }
    return std::nullopt;
}

}  // namespace lag_time

/// How long ago the oldest message that a subscription has not released was published; 0 where it has released all.
/// Nothing where the ring has no timestamps, or where the message moves on at each of a few looks. Whatever peers
/// write: no time lies ahead of `now_ns` (CLOCK_MONOTONIC), and the look is short. `evicted_at` as of
/// unreleased_from().
template <template <class> class Atomic>
std::optional<std::uint64_t> observe_lag_ns(const layout::WritableRing<Atomic>& ring, unsigned subscription,
                                            std::uint64_t now_ns,
                                            std::optional<layout::Position> evicted_at = {}) noexcept {
    return lag_time::age_of(ring, now_ns, [&](layout::Position head) noexcept {
        return lag_time::oldest_kept(ring, subscription, evicted_at, head);
    });
}

/// The same of a group.
template <template <class> class Atomic>
std::optional<std::uint64_t> observe_group_lag_ns(const layout::WritableRing<Atomic>& ring, unsigned group,
                                                  std::uint64_t now_ns) noexcept {
    return lag_time::age_of(ring, now_ns, [&](layout::Position head) noexcept {
        return layout::later(pos_of_group(ring, group), head - ring.geometry().slot_count);
    });
}

}  // namespace ringview::ring
