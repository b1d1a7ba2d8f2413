#include <algorithm>
#include <array>
#include <atomic>

#include <ringview/ring/barrier.hpp>
#include <ringview/ring/group.hpp>
#include <ringview/ring/group_scan.hpp>
#include <ringview/ring/head.hpp>
#include <ringview/ring/held_entries.hpp>
#include <ringview/ring/redelivery.hpp>
#include <ringview/ring/wake.hpp>

namespace ringview::ring {
namespace {

/// Of a position, in a held word.
constexpr std::uint64_t kept_bits = 0xFFFF'FFFF'FFFF;

std::uint64_t lag_of(const DaemonRing& ring, layout::Position pos) noexcept {
    const std::int64_t lag = layout::distance(find_head(ring), pos);
    return lag <= 0 ? 0 : std::min(static_cast<std::uint64_t>(lag), ring.geometry().slot_count);
}

void bump_epoch(const DaemonRing& ring) noexcept {
    ring.state().membership.join_epoch.fetch_add(1, std::memory_order_seq_cst);
    std::atomic_thread_fence(std::memory_order_seq_cst);
}

void wake_producers_asleep(const DaemonRing& ring, unsigned group) noexcept {
    auto& moves = ring.group_line(group).moves;
    moves.fetch_add(1, std::memory_order_acq_rel);
    platform::futex_wake_all(&moves);
}

/// What of a held word its member may really have claimed; 0: nothing.
std::uint64_t claimed(const DaemonRing& ring, std::uint64_t word, layout::Position next,
                      layout::Position gate) noexcept {
    const std::uint64_t behind = (next - (word >> 16)) & kept_bits;
    const layout::Position first = next - behind;
    // At next: not claimed. Below the gate: somebody else was quicker, and has released it since.
    if (behind == 0 || behind > ring.geometry().slot_count || layout::distance(gate, first) > 0) return 0;
    return held_word(first, std::min(held_count(word), behind));
}

/// What members that are gone have left.
void observe_orphans(const DaemonRing& ring, unsigned group, GroupSnapshot& s) noexcept {
    const std::uint64_t members = ring.group_record(group).members.load(std::memory_order_acquire);
    const std::uint64_t orphans = ring.state().membership.orphans.load(std::memory_order_acquire);
    for_each_bit(orphans & members, layout::max_subscriptions, [&](unsigned subscription) {
        std::uint64_t words = 0;
        for (const auto& redelivery : ring.cursor(subscription).redelivery) {
            const std::uint64_t held = left_to(group, redelivery.load(std::memory_order_acquire));
            words |= held;
            s.left_behind += static_cast<std::uint32_t>(held_count(claimed(ring, held, s.next, s.pos)));
        }
        s.gone += words == 0 ? 0 : 1;
    });
}

/// Of one cursor's redelivery words, into those of another that are free.
void move_redeliveries(const DaemonRing& ring, layout::Cursor<>& from, layout::Cursor<>& to) noexcept {
    std::array<bool, layout::held_words> is_copied{};
    for (auto& place : to.redelivery) {
        if (place.load(std::memory_order_acquire) != 0) continue;
        for (unsigned i = 0; i < layout::held_words; ++i) {
            const std::uint64_t word = is_copied[i] ? 0 : from.redelivery[i].load(std::memory_order_acquire);
            if (word == 0) continue;
            place.store(word, std::memory_order_release);
            is_copied[i] = true;
            break;
        }
    }
    if (std::find(is_copied.begin(), is_copied.end(), true) == is_copied.end()) return;
    bump_epoch(ring);  // E12: whoever misses them in both places looks again
    for (unsigned i = 0; i < layout::held_words; ++i) {
        if (is_copied[i]) from.redelivery[i].store(0, std::memory_order_release);
    }
}

/// E5: refresh against join. Unlike a subscription, a group has no pos: what its members have released is told by the
/// gate (recover_member). So none may be announced beyond it, not even late by a scan that did not find it: the head of
/// such a scan is not above the one found here, and what it announces leaves the history below its head.
layout::Position begin_at(const DaemonRing& ring, unsigned group, layout::Position start) noexcept {
    auto& membership = ring.state().membership;
    auto& next = ring.group_line(group).next;
    ring.group_record(group).members.store(0, std::memory_order_release);
    next.store(start, std::memory_order_release);
    membership.groups.fetch_or(bit_of(group), std::memory_order_release);
    bump_epoch(ring);
    // Whatever head a scan that did not find it began from, we find all that its producer had published below that.
    Barrier(ring.geometry().asymmetric_barrier).heavy();
    const layout::Position announced = ring.state().gate.value.load(std::memory_order_acquire);
    start = layout::later(start, layout::later(announced, find_head(ring) - ring.geometry().history));
    next.store(start, std::memory_order_release);
    return start;
}

}  // namespace

layout::Position begin_group(const DaemonRing& ring, unsigned group, JoinAt at) noexcept {
    return begin_at(ring, group, wanted_start(ring, at));
}

layout::Position begin_group_at(const DaemonRing& ring, unsigned group, layout::Position wanted) noexcept {
    return begin_at(ring, group, layout::later(wanted, wanted_start(ring, JoinAt::oldest)));
}

void join_group(const DaemonRing& ring, unsigned group, unsigned subscription) noexcept {
    reset_cursor(ring.cursor(subscription));
    const layout::Position next = ring.group_line(group).next.load(std::memory_order_acquire);
    ring.cursor(subscription).next.store(next, std::memory_order_relaxed);
    ring.cursor(subscription).pos.store(next, std::memory_order_relaxed);
    ring.state().membership.orphans.fetch_and(~bit_of(subscription), std::memory_order_release);
    ring.group_record(group).members.fetch_or(bit_of(subscription), std::memory_order_release);
    ring.state().membership.in_groups.fetch_or(bit_of(subscription), std::memory_order_release);
    bump_epoch(ring);  // E12: before it can claim anything, producers look at its held words
}

/// E12: claim against refresh. Until the held words are cleared they keep the slots; a producer that has missed them is
/// made to look again, or has announced its gate beyond them.
void recover_member(const DaemonRing& ring, unsigned group, unsigned subscription) noexcept {
    auto& membership = ring.state().membership;
    auto& cursor = ring.cursor(subscription);
    ring.waiters().bits.fetch_and(~bit_of(subscription), std::memory_order_relaxed);
    bump_epoch(ring);
    const layout::Position gate = ring.state().gate.value.load(std::memory_order_acquire);
    const layout::Position next = ring.group_line(group).next.load(std::memory_order_acquire);
    // What others have been offered already they may have taken and released: it is not offered again.
    const bool is_offered = (membership.orphans.load(std::memory_order_relaxed) & bit_of(subscription)) != 0;
    for (unsigned i = 0; i < layout::held_words && !is_offered; ++i) {
        const std::uint64_t word = cursor.held[i].load(std::memory_order_acquire);
        if (word == 0) continue;
        cursor.redelivery[i].store(redelivery_word(claimed(ring, word, next, gate), group), std::memory_order_release);
    }
    membership.orphans.fetch_or(bit_of(subscription), std::memory_order_release);
    bump_epoch(ring);
    for (auto& held : cursor.held) held.store(0, std::memory_order_release);
    // It may have died between a store and its wake.
    wake_producers_asleep(ring, group);
    const std::uint64_t members = ring.group_record(group).members.load(std::memory_order_acquire);
    for_each_bit(members & ring.waiters().bits.load(std::memory_order_acquire), layout::max_subscriptions,
                 [&](unsigned i) { wake_member(ring, i); });
}

void gather_orphans(const DaemonRing& ring, std::uint64_t gone) noexcept {
    for_each_bit(gone, layout::max_subscriptions, [&](unsigned to) {
        const std::uint64_t later = gone & ~(bit_of(to) | (bit_of(to) - 1));
        for_each_bit(later, layout::max_subscriptions,
                     [&](unsigned from) { move_redeliveries(ring, ring.cursor(from), ring.cursor(to)); });
    });
}

bool settle_orphan(const DaemonRing& ring, unsigned group, unsigned subscription) noexcept {
    const auto& words = ring.cursor(subscription).redelivery;
    if (std::any_of(std::begin(words), std::end(words),
                    [=](const auto& word) { return left_to(group, word.load(std::memory_order_acquire)) != 0; }))
        return false;
    auto& membership = ring.state().membership;
    membership.orphans.fetch_and(~bit_of(subscription), std::memory_order_release);
    membership.in_groups.fetch_and(~bit_of(subscription), std::memory_order_release);
    ring.group_record(group).members.fetch_and(~bit_of(subscription), std::memory_order_release);
    bump_epoch(ring);
    return true;
}

void end_group(const DaemonRing& ring, unsigned group) noexcept {
    auto& membership = ring.state().membership;
    auto& members_word = ring.group_record(group).members;
    const std::uint64_t members = members_word.load(std::memory_order_relaxed);
    membership.groups.fetch_and(~bit_of(group), std::memory_order_release);
    membership.in_groups.fetch_and(~members, std::memory_order_release);
    membership.orphans.fetch_and(~members, std::memory_order_release);
    ring.waiters().bits.fetch_and(~members, std::memory_order_relaxed);
    members_word.store(0, std::memory_order_release);  // last: cut short, it finds them again
    bump_epoch(ring);
    wake_producers_asleep(ring, group);
}

SubscriptionSnapshot observe_member(const DaemonRing& ring, unsigned group, unsigned subscription) noexcept {
    SubscriptionSnapshot s = observe_subscription(ring, subscription);
    const layout::Position gate = ring.state().gate.value.load(std::memory_order_acquire);
    const layout::Position next = ring.group_line(group).next.load(std::memory_order_acquire);
    std::uint64_t farthest = 0;
    for (const auto& held : ring.cursor(subscription).held) {
        const std::uint64_t word = claimed(ring, held.load(std::memory_order_acquire), next, gate);
        if (word != 0) farthest = std::max(farthest, (next - (word >> 16)) & kept_bits);
    }
    s.pos = next - farthest;
    s.lag = lag_of(ring, s.pos);
    return s;
}

GroupSnapshot observe_group(const DaemonRing& ring, unsigned group) noexcept {
    GroupSnapshot s;
    s.pos = pos_of_group(ring, group);
    s.next = ring.group_line(group).next.load(std::memory_order_acquire);
    s.lag = lag_of(ring, s.pos);
    observe_orphans(ring, group, s);
    return s;
}

}  // namespace ringview::ring
