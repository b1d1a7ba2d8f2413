#pragma once

#include <bit>
#include <cstdint>

#include <ringview/layout/ring_memory.hpp>
#include <ringview/platform/futex.hpp>

/// Waking the other side: the rare half of publish and release, and what the daemon does after it changed a word that
/// somebody may sleep on.
namespace ringview::ring {

constexpr std::uint64_t bit_of(unsigned index) noexcept {
    return std::uint64_t{1} << index;
}

/// Calls `visit(index)` for every set bit below `limit`.
template <class Visit>
void for_each_bit(std::uint64_t bits, unsigned limit, Visit&& visit) {
    if (limit < 64) bits &= (std::uint64_t{1} << limit) - 1;
    for (; bits != 0; bits &= bits - 1) visit(static_cast<unsigned>(std::countr_zero(bits)));
}

/// Wakes a member of a group, or keeps it from falling asleep: it will look again. Whether it was asleep.
template <class Byte, template <class> class Atomic>
bool wake_member(const layout::RingMemory<Byte, Atomic>& ring, unsigned subscription) noexcept {
    auto& wakes = ring.cursor(subscription).wakes;
    wakes.fetch_add(1, std::memory_order_acq_rel);
    return platform::futex_wake_all(&wakes) != 0;
}

/// One of the sleeping `members`, all of one group, for one of them gets the message at `position`: none that waits for
/// a later one. Those that are not asleep any more look again too; the next one is for what was published before.
template <class Byte, template <class> class Atomic>
[[gnu::noinline]] void wake_one_member(const layout::RingMemory<Byte, Atomic>& ring, std::uint64_t members,
                                       layout::Position position) noexcept {
    // Not always the same one first.
    const auto turn = static_cast<unsigned>(position % layout::max_subscriptions);
    bool is_woken = false;
    for_each_bit(std::rotr(members, static_cast<int>(turn)), layout::max_subscriptions, [&](unsigned i) {
        const unsigned subscription = (i + turn) % layout::max_subscriptions;
        const layout::Seq wait_seq = ring.cursor(subscription).wait_seq.load(std::memory_order_relaxed);
        if (is_woken || layout::seq_distance(wait_seq, layout::seq_of(position)) > 0) return;
        is_woken = wake_member(ring, subscription);
    });
}

/// Of each group that has some among `members`.
template <class Byte, template <class> class Atomic>
[[gnu::noinline]] void wake_members(const layout::RingMemory<Byte, Atomic>& ring, std::uint64_t members,
                                    layout::Position position) noexcept {
    const std::uint64_t groups = ring.state().membership.groups.load(std::memory_order_acquire);
    for_each_bit(groups, layout::max_groups, [&](unsigned group) {
        const std::uint64_t of_group = members & ring.group_record(group).members.load(std::memory_order_acquire);
        if (of_group != 0) wake_one_member(ring, of_group, position);
    });
}

/// Wakes the consumers that sleep for one of the `count` positions from `first` on. `bits` is what waiters held.
template <class Byte, template <class> class Atomic>
[[gnu::noinline]] void wake_consumers(const layout::RingMemory<Byte, Atomic>& ring, std::uint64_t bits,
                                      layout::Position first, std::uint64_t count) noexcept {
    const std::uint64_t members = bits & ring.state().membership.in_groups.load(std::memory_order_acquire);
    if (members != 0) wake_members(ring, members, first + count - 1);
    for_each_bit(bits & ~members, layout::max_subscriptions, [&](unsigned subscription) {
        const layout::Seq wait_seq = ring.cursor(subscription).wait_seq.load(std::memory_order_relaxed);
        const std::int64_t ahead = layout::seq_distance(wait_seq, layout::seq_of(first));
        if (ahead < 0 || static_cast<std::uint64_t>(ahead) >= count) return;
        platform::futex_wake_all(&ring.slot(first + static_cast<std::uint64_t>(ahead)).seq);
    });
}

/// Wakes the consumers that sleep for a seq which is there. A producer may die between its store and its wake; one wake
/// too many does no harm.
template <class Byte, template <class> class Atomic>
void wake_whoever_is_served(const layout::RingMemory<Byte, Atomic>& ring) noexcept {
    const std::uint64_t in_groups = ring.state().membership.in_groups.load(std::memory_order_acquire);
    for_each_bit(ring.waiters().bits.load(std::memory_order_acquire), layout::max_subscriptions, [&](unsigned i) {
        if ((in_groups >> i & 1) != 0) wake_member(ring, i);
        const layout::Seq awaited = ring.cursor(i).wait_seq.load(std::memory_order_relaxed);
        const auto& seq_word = ring.slot(awaited - 1).seq;
        if (layout::seq_distance(seq_word.load(std::memory_order_acquire), awaited) >= 0)
            platform::futex_wake_all(&seq_word);
    });
}

/// Wakes the producers that wait for `subscription` to pass a position in (old_pos, new_pos].
template <class Byte, template <class> class Atomic>
[[gnu::noinline]] void wake_producers(const layout::RingMemory<Byte, Atomic>& ring, std::uint64_t bits,
                                      unsigned subscription, layout::Position old_pos,
                                      layout::Position new_pos) noexcept {
    bool is_awaited = false;
    for_each_bit(bits, ring.geometry().producer_limit, [&](unsigned line) {
        const auto& producer = ring.producer_line(line);
        if (producer.wait_subscription.load(std::memory_order_relaxed) != subscription) return;
        const layout::Position wait_pos = producer.wait_pos.load(std::memory_order_relaxed);
        is_awaited |= layout::distance(new_pos, wait_pos) >= 0 && layout::distance(old_pos, wait_pos) < 0;
    });
    if (is_awaited) platform::futex_wake_all(&ring.cursor(subscription).pos);
}

}  // namespace ringview::ring
