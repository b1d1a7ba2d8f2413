#include <atomic>

#include <ringview/layout/position.hpp>
#include <ringview/ring/head.hpp>
#include <ringview/ring/membership.hpp>
#include <ringview/ring/tombstone_count.hpp>
#include <ringview/ring/wake.hpp>

namespace ringview::ring {
namespace {

/// The last message between `gate` and `head`: what lies behind it is a tombstone, or claimed and not published yet.
layout::Position newest_message(const DaemonRing& ring, layout::Position gate, layout::Position head) noexcept {
    layout::Position newest = head;
    for (std::uint64_t i = 0; newest != gate && i < ring.geometry().slot_count; ++i) {
        --newest;
        if (ring.slot(newest).seq.load(std::memory_order_acquire) == layout::seq_of(newest)) return newest;
    }
    return head == gate ? gate : head - 1;
}

/// It sleeps no more, and its held entries tie no slot down.
void forget_consumer(const DaemonRing& ring, unsigned subscription) noexcept {
    ring.waiters().bits.fetch_and(~bit_of(subscription), std::memory_order_relaxed);
    for (auto& held : ring.cursor(subscription).held) held.store(0, std::memory_order_release);  // E7
}

/// Where a lossless subscription goes on that has been a member all the time. It has held producers at its pos, and the
/// gate does not tell: a producer may have announced one beyond it before it found it, and scanned again (E5). A pos a
/// whole ring behind is no honest one.
layout::Position go_on(const DaemonRing& ring, unsigned subscription, layout::Position wanted) noexcept {
    auto& cursor = ring.cursor(subscription);
    const layout::Position start = layout::later(wanted, find_head(ring) - ring.geometry().slot_count);
    cursor.next.store(start, std::memory_order_relaxed);
    cursor.pos.store(start, std::memory_order_release);
    return start;
}

/// At `start`, or where the gate has come to.
layout::Position admit(const DaemonRing& ring, unsigned subscription, layout::MemberPolicy policy,
                       layout::Position start) noexcept {
    auto& membership = ring.state().membership;
    auto& members = policy == layout::MemberPolicy::lossy ? membership.lossy : membership.lossless;
    auto& cursor = ring.cursor(subscription);
    const auto& gate_word = ring.state().gate.value;
    // E5: refresh against join. Our cursor and the new epoch are out before we look at the gate again; a producer that
    // did not see them has announced its gate before, and we move up to it. That goes for a lossy subscription too:
    // floor never passes the gate.
    // Each producer may have one such announcement on its way, so a gate that goes on rising is no honest one; nothing
    // that we do keeps its messages in place.
    for (unsigned turn = 0;; ++turn) {
        cursor.next.store(start, std::memory_order_relaxed);
        cursor.pos.store(start, std::memory_order_release);
        members.fetch_or(bit_of(subscription), std::memory_order_release);
        membership.join_epoch.fetch_add(1, std::memory_order_seq_cst);
        std::atomic_thread_fence(std::memory_order_seq_cst);
        const layout::Position announced = gate_word.load(std::memory_order_acquire);
        if (layout::distance(announced, start) <= 0 || turn == layout::max_producers) return start;
        start = announced;
    }
}

}  // namespace

void reset_cursor(layout::Cursor<>& cursor) noexcept {
    for (auto& held : cursor.held) held.store(0, std::memory_order_relaxed);
    for (auto& redelivery : cursor.redelivery) redelivery.store(0, std::memory_order_relaxed);
    for (auto* word : {&cursor.wait_seq, &cursor.lost, &cursor.skipped, &cursor.stepped_over, &cursor.delivered,
                       &cursor.redelivered}) {
        word->store(0, std::memory_order_relaxed);
    }
}

layout::Position wanted_start(const DaemonRing& ring, JoinAt at) noexcept {
    const layout::Position gate = ring.state().gate.value.load(std::memory_order_acquire);
    const layout::Position head = layout::later(gate, find_head(ring));
    switch (at) {
        case JoinAt::oldest:
            return gate;
        case JoinAt::newest:
            return newest_message(ring, gate, head);
        case JoinAt::next:
            break;
    }
    return head;
}

layout::Position join(const DaemonRing& ring, unsigned subscription, layout::MemberPolicy policy, JoinAt at) noexcept {
    reset_cursor(ring.cursor(subscription));
    return admit(ring, subscription, policy, wanted_start(ring, at));
}

layout::Position join_at(const DaemonRing& ring, unsigned subscription, layout::MemberPolicy policy,
                         layout::Position wanted) noexcept {
    auto& cursor = ring.cursor(subscription);
    reset_cursor(cursor);
    const layout::Position gate = ring.state().gate.value.load(std::memory_order_acquire);
    const bool is_member =
        (ring.state().membership.lossless.load(std::memory_order_relaxed) & bit_of(subscription)) != 0;
    const layout::Position start =
        is_member ? go_on(ring, subscription, wanted) : admit(ring, subscription, policy, layout::later(wanted, gate));
    cursor.lost.store(start - wanted, std::memory_order_relaxed);
    return start;
}

void leave(const DaemonRing& ring, unsigned subscription) noexcept {
    auto& membership = ring.state().membership;
    auto& pos_word = ring.cursor(subscription).pos;
    membership.lossless.fetch_and(~bit_of(subscription), std::memory_order_release);
    membership.lossy.fetch_and(~bit_of(subscription), std::memory_order_release);
    membership.join_epoch.fetch_add(1, std::memory_order_seq_cst);
    // E4: a producer that is about to sleep on pos has found it a whole ring below head, and us a member. So the head
    // that is found from here on lies above: it sees another value.
    std::atomic_thread_fence(std::memory_order_seq_cst);
    pos_word.store(find_head(ring), std::memory_order_release);
    forget_consumer(ring, subscription);
    platform::futex_wake_all(&pos_word);
}

void go_away(const DaemonRing& ring, unsigned subscription) noexcept {
    auto& membership = ring.state().membership;
    auto& cursor = ring.cursor(subscription);
    membership.lossy.fetch_and(~bit_of(subscription), std::memory_order_release);
    membership.join_epoch.fetch_add(1, std::memory_order_seq_cst);
    cursor.next.store(cursor.pos.load(std::memory_order_relaxed), std::memory_order_relaxed);
    forget_consumer(ring, subscription);
    // E4: it may have died between its store of pos and its wake; one too many does no harm.
    platform::futex_wake_all(&cursor.pos);
}

void open_producer_line(const DaemonRing& ring, unsigned line) noexcept {
    auto& words = ring.producer_line(line);
    for (auto* word :
         {&words.intent, &words.wait_subscription, &words.wait_pos, &words.found_full, &words.tombstones}) {
        word->store(0, std::memory_order_relaxed);
    }
    const bool counts_by_head = ring.geometry().producer_limit == 1;  // observe.cpp
    words.published.store(counts_by_head ? 0 - find_head(ring) : 0, std::memory_order_relaxed);
    ring.state().membership.producers.fetch_or(bit_of(line), std::memory_order_release);
}

void close_producer_line(const DaemonRing& ring, unsigned line) noexcept {
    const layout::Position head = find_head(ring);
    ring.state().head.value.store(head, std::memory_order_release);  // E6: head -> join
    wake_whoever_is_served(ring);
    take_over_tombstones(ring, line, head);
    ring.state().producers_waiting.value.fetch_and(~bit_of(line), std::memory_order_relaxed);
    ring.state().membership.producers.fetch_and(~bit_of(line), std::memory_order_release);
}

void mark_removed(const DaemonRing& ring) noexcept {
    auto& state = ring.state();
    state.membership.life.store(static_cast<std::uint64_t>(layout::RingLife::removed), std::memory_order_seq_cst);
    platform::futex_wake_all(&state.membership.life);
    // Where the kernel has no futex_waitv, sleepers sleep on what they wait for and nothing else.
    const std::uint64_t in_groups = state.membership.in_groups.load(std::memory_order_acquire);
    for_each_bit(ring.waiters().bits.load(std::memory_order_acquire), layout::max_subscriptions, [&](unsigned i) {
        if ((in_groups >> i & 1) != 0) wake_member(ring, i);
        const layout::Seq awaited = ring.cursor(i).wait_seq.load(std::memory_order_relaxed);
        platform::futex_wake_all(&ring.slot(awaited - 1).seq);
    });
    for_each_bit(
        state.producers_waiting.value.load(std::memory_order_acquire), layout::max_producers, [&](unsigned line) {
            const std::uint64_t subscription =
                ring.producer_line(line).wait_subscription.load(std::memory_order_relaxed);
            if (subscription >= layout::first_waited_group + layout::max_groups) return;
            if (subscription >= layout::first_waited_group) {
                auto& moves = ring.group_line(static_cast<unsigned>(subscription) - layout::first_waited_group).moves;
                moves.fetch_add(1, std::memory_order_acq_rel);
                platform::futex_wake_all(&moves);
                return;
            }
            platform::futex_wake_all(&ring.cursor(static_cast<unsigned>(subscription)).pos);
        });
}

}  // namespace ringview::ring
