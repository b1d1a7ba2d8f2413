#pragma once

#include <atomic>
#include <cstdint>

#include <ringview/layout/ring_memory.hpp>
#include <ringview/ring/held_entries.hpp>
#include <ringview/ring/redelivery.hpp>
#include <ringview/ring/wake.hpp>

namespace ringview::ring {

/// The lowest position from `from` to `upto` that the group has not released: claimed by a member, left behind by a
/// dead one, or not claimed yet. `upto` where there is none. What lies outside is no honest word, or the intent of a
/// member that somebody else was quicker than.
///
/// E12: claim against refresh. A position moves from next to a held word, from a dead member's held word to its
/// redelivery word, and from there to another's held word; each place is written before the one before is cleared, and
/// read after it here, except that a held word is cleared after its redelivery word was written: whoever uses the
/// result to reuse slots must find join_epoch unchanged since before the call.
template <class Byte, template <class> class Atomic>
layout::Position lowest_in_group(const layout::RingMemory<Byte, Atomic>& ring, unsigned group, layout::Position from,
                                 layout::Position upto) noexcept {
    constexpr std::uint64_t kept_bits = 0xFFFF'FFFF'FFFF;
    const auto& membership = ring.state().membership;
    const std::uint64_t members = ring.group_record(group).members.load(std::memory_order_acquire);
    const std::uint64_t orphans = membership.orphans.load(std::memory_order_acquire) & members;
    std::uint64_t lowest = upto - from;  // all of it by its distance from `from`
    const auto note = [&](std::uint64_t distance) {
        if (distance < lowest) lowest = distance;
    };
    const auto note_word = [&](std::uint64_t held) {
        if (held_count(held) != 0) note(((held >> 16) - from) & kept_bits);
    };
    note(ring.group_line(group).next.load(std::memory_order_acquire) - from);  // E12
    for_each_bit(orphans, layout::max_subscriptions, [&](unsigned i) {
        for (const auto& word : ring.cursor(i).redelivery)
            note_word(left_to(group, word.load(std::memory_order_acquire)));  // E12
    });
    for_each_bit(members, layout::max_subscriptions, [&](unsigned i) {
        for (const auto& word : ring.cursor(i).held) note_word(word.load(std::memory_order_acquire));  // E12
    });
    return from + lowest;
}

/// The same for whoever only waits, wakes or reports. A producer waits from what was in its way, as its own gate showed
/// it: so it does not find room from a shared gate, and none from its own.
template <class Byte, template <class> class Atomic>
layout::Position pos_of_group(const layout::RingMemory<Byte, Atomic>& ring, unsigned group,
                              layout::Position from) noexcept {
    const layout::Position next = ring.group_line(group).next.load(std::memory_order_acquire);
    return layout::distance(next, from) < 0 ? from : lowest_in_group(ring, group, from, next);
}
/// From the shared gate, for whoever has none of its own: it is never announced above the group's pos (begin_group).
template <class Byte, template <class> class Atomic>
layout::Position pos_of_group(const layout::RingMemory<Byte, Atomic>& ring, unsigned group) noexcept {
    return pos_of_group(ring, group, ring.state().gate.value.load(std::memory_order_acquire));
}

/// Whether there is something for a member to take: a message or a tombstone that none has claimed, or what a member
/// that is gone has left.
template <class Byte, template <class> class Atomic>
bool is_group_ready(const layout::RingMemory<Byte, Atomic>& ring, unsigned group) noexcept {
    const layout::Position next = ring.group_line(group).next.load(std::memory_order_acquire);
    const layout::Seq seq = ring.slot(next).seq.load(std::memory_order_acquire);
    if (layout::seq_distance(seq, layout::seq_of(next)) >= 0) return true;
    const std::uint64_t members = ring.group_record(group).members.load(std::memory_order_acquire);
    const std::uint64_t orphans = ring.state().membership.orphans.load(std::memory_order_acquire);
    bool has_redeliveries = false;
    for_each_bit(orphans & members, layout::max_subscriptions, [&](unsigned i) {
        for (const auto& word : ring.cursor(i).redelivery)
            has_redeliveries |= left_to(group, word.load(std::memory_order_acquire)) != 0;
    });
    return has_redeliveries;
}

/// E3: publish against sleep. A publish wakes one member. Whoever takes its message and leaves others behind, or is
/// woken and does not take it at once, wakes the next one: a member but `self`.
template <class Byte, template <class> class Atomic>
void wake_next_member(const layout::RingMemory<Byte, Atomic>& ring, unsigned group, unsigned self) noexcept {
    const std::uint64_t waiters = ring.waiters().bits.load(std::memory_order_acquire);
    if (waiters == 0) [[likely]]
        return;
    const std::uint64_t members = ring.group_record(group).members.load(std::memory_order_acquire);
    const std::uint64_t sleeping = waiters & members & ~(std::uint64_t{1} << self);
    if (sleeping != 0 && is_group_ready(ring, group))
        wake_one_member(ring, sleeping, ring.group_line(group).next.load(std::memory_order_acquire));
}

/// E4: wakes the producers that wait for `group` to let go of something that it no longer has. `waiting` is what
/// producers_waiting held. Of members that let go at the same time the last one sees what all have let go of.
template <class Byte, template <class> class Atomic>
[[gnu::noinline]] void wake_producers_of_group(const layout::RingMemory<Byte, Atomic>& ring, std::uint64_t waiting,
                                               unsigned group) noexcept {
    std::atomic_thread_fence(std::memory_order_seq_cst);
    bool is_awaited = false;
    for_each_bit(waiting, ring.geometry().producer_limit, [&](unsigned line) {
        const auto& producer = ring.producer_line(line);
        if (producer.wait_subscription.load(std::memory_order_relaxed) != layout::first_waited_group + group) return;
        const layout::Position wait_pos = producer.wait_pos.load(std::memory_order_relaxed);
        is_awaited |= layout::distance(pos_of_group(ring, group), wait_pos) >= 0;
    });
    if (!is_awaited) return;
    auto& moves = ring.group_line(group).moves;
    moves.fetch_add(1, std::memory_order_acq_rel);
    platform::futex_wake_all(&moves);
}

}  // namespace ringview::ring
