#include <ringview/ring/head.hpp>
#include <ringview/ring/lag_time.hpp>

namespace ringview::ring {
namespace {

constexpr unsigned most_looks = 4;          ///< a consumer that is quicker than all of these has next to no lag
constexpr std::uint64_t most_steps = 1024;  ///< over positions without a message, in one look

std::uint64_t load(const std::atomic<std::uint64_t>& word) noexcept {
    return word.load(std::memory_order_acquire);
}

/// The lowest position that the subscription has not released and whose slot is not written again yet: producers raise
/// floor, where they lap a lossy one, and gate in any other case, before they do that.
layout::Position oldest_kept(const layout::WritableRing<>& ring, unsigned subscription,
                             layout::Position head) noexcept {
    const auto& state = ring.state();
    const bool is_lossy = (load(state.membership.lossy) >> subscription & 1) != 0;
    const layout::Position kept_from = load(is_lossy ? state.floors.floor : state.gate.value);
    const layout::Position oldest = head - ring.geometry().slot_count;
    return layout::later(layout::later(load(ring.cursor(subscription).pos), kept_from), oldest);
}

/// The first position from `position` on that is not without a message, else head; nothing where that is too far.
std::optional<layout::Position> first_message(const layout::WritableRing<>& ring, layout::Position position,
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

}  // namespace

std::optional<std::uint64_t> observe_lag_ns(const layout::WritableRing<>& ring, unsigned subscription,
                                            std::uint64_t now_ns) noexcept {
    if (!ring.geometry().timestamps) return std::nullopt;
    for (unsigned i = 0; i < most_looks; ++i) {
        const layout::Position head = find_head(ring).position;
        const auto position = first_message(ring, oldest_kept(ring, subscription, head), head);
        if (!position) return std::nullopt;
        if (*position == head) return 0;
        const std::uint64_t published_ns = load(ring.publish_time(*position));  // E11: publish time -> stat
        const bool is_kept = layout::distance(oldest_kept(ring, subscription, head), *position) <= 0;
        if (is_kept && load(ring.slot(*position).seq) == layout::seq_of(*position))
            return published_ns > now_ns ? 0 : now_ns - published_ns;
    }
    return std::nullopt;
}

}  // namespace ringview::ring
