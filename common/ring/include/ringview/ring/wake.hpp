#pragma once

#include <bit>
#include <cstdint>

#include <ringview/layout/ring_memory.hpp>
#include <ringview/platform/futex.hpp>

/// Waking the other side: the rare half of publish and release, and what the daemon does after it changed a word that
/// somebody may sleep on.
namespace ringview::ring {

/// Calls `visit(index)` for every set bit below `limit`.
template <class Visit>
void for_each_bit(std::uint64_t bits, unsigned limit, Visit&& visit) {
    if (limit < 64) bits &= (std::uint64_t{1} << limit) - 1;
    for (; bits != 0; bits &= bits - 1) visit(static_cast<unsigned>(std::countr_zero(bits)));
}

/// Wakes the consumers that sleep for one of the `count` positions from `first` on. `bits` is what waiters held.
template <class Byte, template <class> class Atomic>
[[gnu::noinline]] void wake_consumers(const layout::RingMemory<Byte, Atomic>& ring, std::uint64_t bits,
                                      layout::Position first, std::uint64_t count) noexcept {
    for_each_bit(bits, layout::max_subscriptions, [&](unsigned subscription) {
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
    for_each_bit(ring.waiters().bits.load(std::memory_order_acquire), layout::max_subscriptions, [&](unsigned i) {
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
