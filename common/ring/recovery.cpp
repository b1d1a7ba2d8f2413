#include <atomic>
#include <optional>

#include <ringview/layout/position.hpp>
#include <ringview/ring/intent.hpp>
#include <ringview/ring/recovery.hpp>
#include <ringview/ring/tombstone_count.hpp>
#include <ringview/ring/wake.hpp>

namespace ringview::ring {
namespace {

/// Another producer that intends some position of `range`, and may be alive.
std::optional<unsigned> rival(const DaemonRing& ring, const IntendedRange& range, layout::Position head,
                              std::uint64_t gone) noexcept {
    std::optional<unsigned> found;
    const std::uint64_t producers = ring.state().membership.producers.load(std::memory_order_acquire);
    for_each_bit(producers & ~gone, ring.geometry().producer_limit, [&](unsigned line) {
        const std::uint64_t word = ring.producer_line(line).intent.load(std::memory_order_acquire);  // E8
        if (word != 0 && intended_range(word, head).overlaps(range)) found = line;
    });
    return found;
}

/// Whether one of those that are gone was leaving it as a tombstone, and has it in its own count.
bool is_counted(const DaemonRing& ring, layout::Position position, layout::Position head, std::uint64_t gone) noexcept {
    bool is_found = false;
    for_each_bit(gone, ring.geometry().producer_limit,
                 [&](unsigned line) { is_found |= tombstones_being_left(ring, line, head).contains(position); });
    return is_found;
}

/// A claimed position that nobody will publish any more. What is published, or claimed anew since, stays as it is, and
/// the answer is false.
bool bury(const DaemonRing& ring, layout::Position position) noexcept {
    auto& seq_word = ring.slot(position).seq;
    layout::Seq seq = seq_word.load(std::memory_order_acquire);
    const layout::Position before = position - ring.geometry().slot_count;
    if (layout::seq_distance(seq, layout::seq_of(before)) != 0) return false;
    // E9: publish -> claim, as a producer's store of a seq
    return seq_word.compare_exchange_strong(seq, layout::tombstone_of(position), std::memory_order_acq_rel);
}

/// E8: claim against recovery. The line whose producer must be heard of first, if there is one.
std::optional<unsigned> resolve_intent(const DaemonRing& ring, std::uint64_t word, std::uint64_t gone) noexcept {
    const layout::Position head = ring.state().head.value.load(std::memory_order_acquire);  // E8
    const IntendedRange range = intended_range(word, head);
    if (!range.may_be_unpublished(head, ring.geometry().slot_count)) return {};
    if (const auto line = rival(ring, range, head, gone)) return line;
    // Only now are the slots looked at: a rival that is not found any more has published.
    for (std::uint64_t i = 0; i < range.count && range.first + i != head; ++i) {
        const layout::Position position = range.first + i;
        if (bury(ring, position) && !is_counted(ring, position, head, gone))
            ring.state().tombstones.value.fetch_add(1, std::memory_order_relaxed);
    }
    return {};
}

}  // namespace

Recovery recover_producer(const DaemonRing& ring, unsigned line, std::uint64_t gone) noexcept {
    if (ring.geometry().producer_limit == 1) {
        close_producer_line(ring, line);
        return {};
    }
    auto& intent_word = ring.producer_line(line).intent;
    const std::uint64_t word = intent_word.load(std::memory_order_acquire);
    if (word != 0) {
        if (const auto other = resolve_intent(ring, word, gone)) return {false, *other};
    }
    wake_whoever_is_served(ring);
    take_over_tombstones(ring, line, ring.state().head.value.load(std::memory_order_acquire));
    intent_word.store(0, std::memory_order_release);
    const std::uint64_t bit = std::uint64_t{1} << line;
    ring.state().producers_waiting.value.fetch_and(~bit, std::memory_order_relaxed);
    ring.state().membership.producers.fetch_and(~bit, std::memory_order_release);
    return {};
}

}  // namespace ringview::ring
