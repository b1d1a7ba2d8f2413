#include <algorithm>
#include <array>

#include <ringview/ring/eviction.hpp>
#include <ringview/ring/group_scan.hpp>
#include <ringview/ring/head.hpp>
#include <ringview/ring/held_entries.hpp>
#include <ringview/ring/intent.hpp>
#include <ringview/ring/observe.hpp>
#include <ringview/ring/tombstone_count.hpp>
#include <ringview/ring/wake.hpp>

namespace ringview::ring {
namespace {

std::uint64_t load(const std::atomic<std::uint64_t>& word) noexcept {
    return word.load(std::memory_order_acquire);
}

/// How far `pos` is behind `head`, within what a ring can hold.
std::uint64_t behind(const layout::Geometry& geometry, layout::Position head, layout::Position pos) noexcept {
    const std::int64_t lag = layout::distance(head, pos);
    return lag <= 0 ? 0 : std::min(static_cast<std::uint64_t>(lag), geometry.slot_count);
}

std::uint64_t held_by_marks(const layout::Geometry& geometry, const layout::Cursor<>& cursor) noexcept {
    std::uint64_t count = 0;
    for (const auto& word : cursor.held) count += held_count(load(word));
    return std::min(count, geometry.slot_count);
}

/// A ring's only producer stores no count: head has moved by one for each message, and each tombstone.
std::uint64_t published_by(const layout::WritableRing<>& ring, unsigned line) noexcept {
    const std::uint64_t published = load(ring.producer_line(line).published);
    if (ring.geometry().producer_limit > 1) return published;
    const layout::Position head = find_head(ring);
    return published + head - tombstones_left_by(ring, line, head);
}

/// Calls `visit(position)` for those of `range` below head that are neither a message nor a tombstone yet.
template <class Visit>
void for_each_unpublished(const layout::WritableRing<>& ring, const IntendedRange& range, layout::Position head,
                          Visit&& visit) noexcept {
    if (!range.may_be_unpublished(head, ring.geometry().slot_count)) return;
    for (layout::Position position = range.first; range.contains(position) && position != head; ++position) {
        if (layout::seq_distance(load(ring.slot(position).seq), layout::seq_of(position)) < 0) visit(position);
    }
}

/// Of one producer. Where another intends the same position, and one of them gets it, both seem to have it.
std::uint32_t unpublished_of(const layout::WritableRing<>& ring, std::uint64_t word, layout::Position head) noexcept {
    std::uint32_t count = 0;
    for_each_unpublished(ring, intended_range(word, head), head, [&](layout::Position) { ++count; });
    return count;
}

/// Of all producers, each position once.
std::uint64_t unpublished(const layout::WritableRing<>& ring, std::uint64_t producers, layout::Position head) noexcept {
    std::uint64_t count = 0;
    std::array<IntendedRange, layout::max_producers> seen;
    auto* const begin = seen.data();
    auto* end = begin;
    for_each_bit(producers, ring.geometry().producer_limit, [&](unsigned line) {
        const IntendedRange range = intended_range(load(ring.producer_line(line).intent), head);
        for_each_unpublished(ring, range, head, [&](layout::Position position) {
            if (std::none_of(begin, end, [=](const IntendedRange& other) { return other.contains(position); })) ++count;
        });
        *end++ = range;
    });
    return count;
}

}  // namespace

RingSnapshot observe_ring(const layout::WritableRing<>& ring) noexcept {
    const auto& state = ring.state();
    RingSnapshot s;
    s.lossless = load(state.membership.lossless);
    s.lossy = load(state.membership.lossy);
    s.producers = load(state.membership.producers);
    // Cursors before head: a cursor loaded after it could be ahead of it.
    layout::Position lowest[layout::max_subscriptions];
    for_each_bit(s.lossless, layout::max_subscriptions, [&](unsigned i) { lowest[i] = load(ring.cursor(i).pos); });
    const std::uint64_t groups = load(state.membership.groups);
    layout::Position of_groups[layout::max_groups];
    for_each_bit(groups, layout::max_groups, [&](unsigned group) { of_groups[group] = pos_of_group(ring, group); });
    s.head = find_head(ring);
    for_each_bit(groups, layout::max_groups,
                 [&](unsigned group) { s.used = std::max(s.used, behind(ring.geometry(), s.head, of_groups[group])); });
    for_each_bit(s.lossless, layout::max_subscriptions,
                 [&](unsigned i) { s.used = std::max(s.used, behind(ring.geometry(), s.head, lowest[i])); });
    const std::uint64_t positions = s.head - ring.geometry().first_position;
    s.tombstones = std::min(count_tombstones(ring, s.producers, s.head), positions);
    const std::uint64_t claimed = ring.geometry().producer_limit == 1 ? 0 : unpublished(ring, s.producers, s.head);
    s.published = positions - s.tombstones;
    s.published -= std::min(claimed, s.published);
    return s;
}

SubscriptionSnapshot observe_subscription(const layout::WritableRing<>& ring, unsigned subscription,
                                          std::optional<layout::Position> evicted_at) noexcept {
    const auto& cursor = ring.cursor(subscription);
    SubscriptionSnapshot s;
    s.pos = unreleased_from(load(cursor.pos), evicted_at);
    const layout::Position next = load(cursor.next);
    const layout::Position head = find_head(ring);
    s.lag = behind(ring.geometry(), head, s.pos);
    const bool is_lossless = (load(ring.state().membership.lossless) >> subscription & 1) != 0;
    s.held = is_lossless ? behind(ring.geometry(), next, s.pos) : held_by_marks(ring.geometry(), cursor);
    s.lost = load(cursor.lost);
    s.skipped = load(cursor.skipped);
    s.stepped_over = load(cursor.stepped_over);
    s.delivered = load(cursor.delivered);
    s.redelivered = load(cursor.redelivered);
    s.is_waiting = (load(ring.waiters().bits) >> subscription & 1) != 0;
    return s;
}

ProducerSnapshot observe_producer(const layout::WritableRing<>& ring, unsigned line) noexcept {
    const auto& words = ring.producer_line(line);
    ProducerSnapshot s;
    s.published = published_by(ring, line);
    s.found_full = load(words.found_full);
    if (ring.geometry().producer_limit > 1) s.claimed = unpublished_of(ring, load(words.intent), find_head(ring));
    s.waits_for =
        static_cast<unsigned>(load(words.wait_subscription) % (layout::first_waited_group + layout::max_groups));
    s.is_waiting = (load(ring.state().producers_waiting.value) >> line & 1) != 0;
    return s;
}

}  // namespace ringview::ring
