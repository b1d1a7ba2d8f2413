#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <ringview/layout/ring_memory.hpp>
#include <ringview/platform/error.hpp>
#include <ringview/ring/barrier.hpp>
#include <ringview/ring/lap_guard.hpp>
#include <ringview/ring/waiting.hpp>
#include <ringview/ring/wake.hpp>

namespace ringview::ring {

/// The only producer of a ring: reserve a slot, write its payload in place, publish it. ORDERING.md explains the edges.
///
/// Belongs to one thread at a time. Error::Code{} (zero) means success throughout.
template <template <class> class Atomic = std::atomic>
class ProducerSide {
 public:
    using Ring = layout::WritableRing<Atomic>;

    /// Continues at the ring's head. `line` is the producer line that the daemon gave us.
    ProducerSide(const Ring& ring, const Barrier& barrier, unsigned line) noexcept
        : ring_(ring),
          barrier_(barrier),
          line_(line),
          line_words_(&ring_.producer_line(line)),
          head_(ring.state().head.value.load(std::memory_order_acquire)),
          reserved_(head_),
          // Nothing counts as free before the first refresh: the shared gate may have been announced by a producer that
          // died before it had made sure of it (E5).
          gate_(head_ - ring.geometry().slot_count),
          announced_gate_(ring.state().gate.value.load(std::memory_order_relaxed)),
          free_until_(head_),
          guard_(ring, barrier, head_),
          published_(line_words_->published.load(std::memory_order_relaxed)),
          found_full_(line_words_->found_full.load(std::memory_order_relaxed)) {
        roll_head_forward();
    }

    /// Error::full, Error::busy (a reservation is outstanding) or Error::removed.
    Error::Code try_reserve() noexcept {
        if (has_reservation()) [[unlikely]]
            return Error::busy;
        if (is_removed()) [[unlikely]]
            return Error::removed;
        if (head_ == free_until_) [[unlikely]] {
            if (!make_room()) return note_full();
            was_full_ = false;
        }
        reserved_ = head_ + 1;
        return {};
    }

    /// Waits for room until the deadline; then Error::full.
    Error::Code reserve(Deadline deadline) noexcept {
        const Error::Code code = try_reserve();
        return code == Error::full ? wait_for_room(deadline) : code;
    }

    bool has_reservation() const noexcept { return reserved_ == head_ + 1; }
    /// Of the reservation, or of the next one.
    layout::Position position() const noexcept { return head_; }
    std::byte* payload() const noexcept { return ring_.payload(head_); }

    /// Hands the reserved slot to the consumers. `length` must not pass the slot capacity.
    void publish(std::uint32_t length) noexcept {
        ring_.slot(head_).length.store(length, std::memory_order_relaxed);
        line_words_->published.store(++published_, std::memory_order_relaxed);
        pass_on(layout::seq_of(head_));
    }

    /// Gives the reservation back; the slot is used again for the next one.
    void abandon() noexcept { reserved_ = head_; }

    const Ring& ring() const noexcept { return ring_; }

 private:
    bool is_removed() const noexcept {
        return ring_.state().membership.life.load(std::memory_order_relaxed) !=
               static_cast<std::uint64_t>(layout::RingLife::open);
    }

    /// Hands the slot at head to the consumers, as a message or as a tombstone.
    void pass_on(layout::Seq seq) noexcept {
        ring_.slot(head_).seq.store(seq, std::memory_order_release);           // E1: publish -> next
        ring_.state().head.value.store(head_ + 1, std::memory_order_release);  // E6: head -> join
        const layout::Position position = head_++;
        barrier_.light();  // E3: publish against sleep
        const std::uint64_t waiters = ring_.waiters().bits.load(std::memory_order_acquire);
        if (waiters != 0) [[unlikely]]
            wake_consumers(ring_, waiters, position, 1);
    }

    /// Finds a slot that may be written, and how many after it need no look. A position whose slot a lossy consumer
    /// holds becomes a tombstone, which touches nothing of the slot but its seq; after a ring's worth of them, every
    /// slot is held.
    [[gnu::noinline]] bool make_room() noexcept {
        using Slot = typename LapGuard<Atomic>::Slot;
        const std::uint64_t slots = ring_.geometry().slot_count;
        for (std::uint64_t i = 0; i < slots; ++i) {
            if (head_ - gate_ >= slots && !refresh_gate()) return false;
            const Slot slot = guard_.look_at(head_ - slots, gate_);
            if (slot == Slot::free) {
                free_until_ = layout::later(head_ + 1, layout::earlier(gate_, guard_.low()) + slots);
                return true;
            }
            if (slot == Slot::unknown) break;
            auto& tombstones = ring_.state().tombstones.value;
            tombstones.store(tombstones.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
            pass_on(layout::tombstone_of(head_));
            free_until_ = head_;
        }
        blocker_ = no_blocker;
        return false;
    }

    /// A predecessor that died between storing a seq and storing head has published that message all the same.
    void roll_head_forward() noexcept {
        for (std::uint64_t i = 0; i < ring_.geometry().slot_count; ++i) {
            const layout::Seq seq = ring_.slot(head_).seq.load(std::memory_order_acquire);
            if (layout::seq_distance(seq, layout::seq_of(head_)) != 0) break;
            ++head_;
        }
        gate_ = head_ - ring_.geometry().slot_count;
        reserved_ = head_;
        free_until_ = head_;
        guard_ = {ring_, barrier_, head_};
        ring_.state().head.value.store(head_, std::memory_order_release);
    }

    /// What is free as far as nobody but late joiners is concerned.
    layout::Position history_begin() const noexcept {
        const layout::Position begin = head_ - ring_.geometry().history;
        return layout::later(begin, ring_.geometry().first_position);
    }

    /// The lowest position that must stay, by the cursors as they are now. Names the subscription that holds it.
    layout::Position scan_cursors() noexcept {
        layout::Position lowest = history_begin();
        blocker_ = no_blocker;
        const std::uint64_t lossless = ring_.state().membership.lossless.load(std::memory_order_acquire);
        for_each_bit(lossless, layout::max_subscriptions, [&](unsigned subscription) {
            const layout::Position pos =
                ring_.cursor(subscription).pos.load(std::memory_order_acquire);  // E2: release -> refresh
            if (pos - gate_ > head_ - gate_) return;  // below what is free or above head: no honest cursor
            if (layout::distance(pos, lowest) >= 0) return;
            lowest = pos;
            blocker_ = subscription;
        });
        blocker_pos_ = lowest;
        return lowest;
    }

    /// E5: refresh against join. The gate is announced first and used only if nobody joined meanwhile: a joiner either
    /// sees what was announced and moves up, or makes us scan again and is found. A scan that comes out lower than an
    /// earlier announcement is what counts; the shared word itself never falls.
    [[gnu::noinline]] bool refresh_gate() noexcept {
        const auto& membership = ring_.state().membership;
        for (;;) {
            const std::uint64_t epoch = membership.join_epoch.load(std::memory_order_acquire);
            const layout::Position lowest = scan_cursors();
            if (layout::distance(lowest, announced_gate_) > 0) {
                announced_gate_ = lowest;
                ring_.state().gate.value.store(lowest, std::memory_order_release);
            }
            std::atomic_thread_fence(std::memory_order_seq_cst);
            if (membership.join_epoch.load(std::memory_order_acquire) != epoch) continue;
            gate_ = lowest;
            guard_.look_at_cursors(gate_);
            return head_ - gate_ < ring_.geometry().slot_count;
        }
    }

    /// Counts the times the ring became full, not the polls that found it so.
    Error::Code note_full() noexcept {
        if (!was_full_) line_words_->found_full.store(++found_full_, std::memory_order_relaxed);
        was_full_ = true;
        return Error::full;
    }

    /// The blocker's pos has reached `target`, or it no longer blocks.
    bool has_room(layout::Position target) const noexcept {
        const auto& membership = ring_.state().membership;
        const std::uint64_t lossless = membership.lossless.load(std::memory_order_acquire);
        if ((lossless >> blocker_ & 1) == 0 || is_removed()) return true;
        const layout::Position pos = ring_.cursor(blocker_).pos.load(std::memory_order_acquire);
        return layout::distance(pos, target) >= 0;
    }

    /// Waits for room for a batch, so that producer and consumer do not wake each other for every message; after a
    /// sleep that nobody ended, for a single slot.
    [[gnu::noinline]] Error::Code wait_for_room(Deadline deadline) noexcept {
        std::uint64_t batch = std::max<std::uint64_t>(1, ring_.geometry().slot_count / 8);
        for (;;) {
            const layout::Position target = blocker_pos_ + batch;
            if (blocker_ == no_blocker) platform::sleep_for(std::min(next_sleep(deadline), unheld_poll));
            const bool ready =
                blocker_ == no_blocker || spin_and_yield([&] { return has_room(target) || deadline.has_passed(); },
                                                         [] { platform::pause_for(polite_poll); });
            if (!ready && !sleep_for_room(target, deadline)) batch = 1;
            const Error::Code code = try_reserve();
            if (code != Error::full || deadline.has_passed()) return code;
        }
    }

    /// E4: release against sleep. Returns false when the time ran out.
    bool sleep_for_room(layout::Position target, Deadline deadline) noexcept {
        auto& line = *line_words_;
        auto& waiting = ring_.state().producers_waiting.value;
        const auto& pos_word = ring_.cursor(blocker_).pos;
        const std::uint64_t bit = std::uint64_t{1} << line_;
        line.wait_subscription.store(blocker_, std::memory_order_relaxed);
        line.wait_pos.store(target, std::memory_order_relaxed);
        waiting.fetch_or(bit, std::memory_order_seq_cst);
        barrier_.heavy();
        bool is_woken = true;
        for (;;) {
            const layout::Position pos = pos_word.load(std::memory_order_acquire);
            if (has_room(target)) break;
            const auto result = platform::futex_wait(&pos_word, static_cast<std::uint32_t>(pos), next_sleep(deadline));
            if (result == platform::FutexResult::timed_out) {
                is_woken = false;
                break;
            }
        }
        waiting.fetch_and(~bit, std::memory_order_relaxed);
        return is_woken;
    }

    static constexpr unsigned no_blocker = layout::max_subscriptions;

    Ring ring_;
    Barrier barrier_;
    unsigned line_;
    layout::ProducerLine<Atomic>* line_words_;
    bool was_full_ = false;
    layout::Position head_;
    layout::Position reserved_;  ///< head_ + 1 while a reservation is outstanding: a publish ends it without a store
    layout::Position gate_;      ///< slots of positions below it are ours to use
    layout::Position announced_gate_;  ///< the shared word, which only we write
    layout::Position free_until_;      ///< slots of positions from head to here may be written without a look
    LapGuard<Atomic> guard_;
    std::uint64_t published_;
    std::uint64_t found_full_;
    unsigned blocker_ = no_blocker;  ///< whose cursor the last scan found lowest
    layout::Position blocker_pos_ = 0;
};

}  // namespace ringview::ring
