#pragma once

#include <atomic>
#include <cstdint>

#include <ringview/layout/ring_memory.hpp>
#include <ringview/ring/group_scan.hpp>
#include <ringview/ring/wake.hpp>

namespace ringview::ring {

/// Makes `word` at least `position`. Others may raise it at the same time.
template <class Word>
void raise_to(Word& word, layout::Position position) noexcept {
    layout::Position current = word.load(std::memory_order_relaxed);
    while (layout::distance(position, current) > 0 &&
           !word.compare_exchange_weak(current, position, std::memory_order_acq_rel, std::memory_order_relaxed)) {
    }
}

/// What keeps a producer from a slot.
struct Blocker {
    /// In place of a subscription: lossy consumers hold every slot, or the barrier to lap them cannot be had.
    static constexpr unsigned nobody = layout::first_waited_group + layout::max_groups;
    /// In place of a subscription: another producer has claimed the slot's position and not published it yet.
    static constexpr unsigned producer = nobody + 1;

    unsigned subscription = nobody;  ///< from first_waited_group on a group
    layout::Position pos = 0;  ///< what stands in the way: the subscription's pos, or the other producer's position

    /// Somebody who wakes us when it goes on.
    bool is_reader() const noexcept { return subscription < nobody; }
    bool is_group() const noexcept { return is_reader() && subscription >= layout::first_waited_group; }
    unsigned group() const noexcept { return subscription - layout::first_waited_group; }
};

enum class GateWriters { one, several };

/// Which slots the lossless subscriptions and the history leave to a producer: those of the positions below it (E5).
///
/// Belongs to its producer.
template <template <class> class Atomic, GateWriters writers>
class Gate {
 public:
    Gate(const layout::WritableRing<Atomic>& ring, layout::Position head) noexcept
        : ring_(ring),
          // Nothing counts as free before the first refresh: the shared gate may have been announced by a producer that
          // died before it had made sure of it (E5).
          position_(head - ring.geometry().slot_count),
          announced_(ring.state().gate.value.load(std::memory_order_relaxed)) {}

    layout::Position position() const noexcept { return position_; }
    /// The subscription that the last refresh found lowest.
    const Blocker& blocker() const noexcept { return blocker_; }
    void block_by(const Blocker& blocker) noexcept { blocker_ = blocker; }

    /// E5: refresh against join. The gate is announced first and used only if nobody joined meanwhile: a joiner either
    /// sees what was announced and moves up, or makes us scan again and is found. A scan that comes out lower than an
    /// earlier announcement is what counts; the shared word itself never falls.
    [[gnu::noinline]] void refresh(layout::Position head) noexcept {
        const auto& membership = ring_.state().membership;
        for (;;) {
            const std::uint64_t epoch = membership.join_epoch.load(std::memory_order_acquire);
            const layout::Position lowest = scan_cursors(head);
            // E12: a scan that a dead member's messages changed hands in is not even announced: whoever hands them over
            // looks at the gate to tell what has been released.
            if (membership.join_epoch.load(std::memory_order_acquire) != epoch) continue;
            announce(lowest);
            std::atomic_thread_fence(std::memory_order_seq_cst);
            if (membership.join_epoch.load(std::memory_order_acquire) != epoch) continue;
            position_ = lowest;
            return;
        }
    }

 private:
    void announce(layout::Position lowest) noexcept {
        auto& gate = ring_.state().gate.value;
        if constexpr (writers == GateWriters::several) {
            raise_to(gate, lowest);
        } else if (layout::distance(lowest, announced_) > 0) {
            announced_ = lowest;
            gate.store(lowest, std::memory_order_release);
        }
    }

    /// What is free as far as nobody but late joiners is concerned.
    layout::Position history_begin(layout::Position head) const noexcept {
        return layout::later(head - ring_.geometry().history, ring_.geometry().first_position);
    }

    /// The lowest position that must stay, by the cursors as they are now. Names the subscription that holds it.
    layout::Position scan_cursors(layout::Position head) noexcept {
        layout::Position lowest = history_begin(head);
        blocker_.subscription = Blocker::nobody;
        const std::uint64_t lossless = ring_.state().membership.lossless.load(std::memory_order_acquire);
        for_each_bit(lossless, layout::max_subscriptions, [&](unsigned subscription) {
            const layout::Position pos =
                ring_.cursor(subscription).pos.load(std::memory_order_acquire);  // E2: release -> refresh
            // Below what is free: no honest cursor. Above head: none either, or one that has read what other producers
            // published since we looked at head; what we ask for is below it all the same.
            if (pos - position_ > head - position_) return;
            if (layout::distance(pos, lowest) >= 0) return;
            lowest = pos;
            blocker_.subscription = subscription;
        });
        const std::uint64_t groups = ring_.state().membership.groups.load(std::memory_order_acquire);
        if (groups != 0) [[unlikely]]
            lowest = scan_groups(groups, head, lowest);
        blocker_.pos = lowest;
        return lowest;
    }

    [[gnu::noinline]] layout::Position scan_groups(std::uint64_t groups, layout::Position head,
                                                   layout::Position lowest) noexcept {
        for_each_bit(groups, layout::max_groups, [&](unsigned group) {
            const layout::Position pos = lowest_in_group(ring_, group, position_, head);
            if (layout::distance(pos, lowest) >= 0) return;
            lowest = pos;
            blocker_.subscription = layout::first_waited_group + group;
        });
        return lowest;
    }

    layout::WritableRing<Atomic> ring_;
    layout::Position position_;   ///< what was confirmed
    layout::Position announced_;  ///< the shared word, where only we write it
    Blocker blocker_{};
};

}  // namespace ringview::ring
