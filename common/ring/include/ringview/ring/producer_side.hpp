#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include <ringview/layout/ring_memory.hpp>
#include <ringview/platform/error.hpp>
#include <ringview/ring/barrier.hpp>
#include <ringview/ring/catch_up.hpp>
#include <ringview/ring/fetch_lines.hpp>
#include <ringview/ring/gate.hpp>
#include <ringview/ring/head.hpp>
#include <ringview/ring/intent.hpp>
#include <ringview/ring/lap_guard.hpp>
#include <ringview/ring/publish_time.hpp>
#include <ringview/ring/room_wait.hpp>
#include <ringview/ring/slot_walk.hpp>
#include <ringview/ring/tombstone_count.hpp>
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
    ProducerSide(const Ring& ring, const Barrier& barrier, unsigned line, const WaitOptions& waits = {}) noexcept
        : ring_(ring),
          barrier_(barrier),
          stamps_(ring.geometry().timestamps),
          line_words_(&ring_.producer_line(line)),
          // What a predecessor published behind the head that it stored counts all the same.
          head_(find_head(ring)),
          reserved_(head_),
          gate_(ring, head_),
          free_until_(head_),
          guard_(ring, barrier, head_),
          room_wait_(ring, barrier, line, waits),
          let_get_ahead_(ring.geometry().slot_count),
          is_plain_(!stamps_ && !barrier.light_is_full()),
          fetch_room_(is_worth_fetching(ring) ? fetched_ahead : never_fetch),
          found_full_(line_words_->found_full.load(std::memory_order_relaxed)) {
        announce_head(head_);
    }

    /// Reserves the next slot, or up to `most` in a row: as many as are known to be free, never past them. Error::full,
    /// Error::busy (a reservation is outstanding) or Error::removed.
    [[gnu::always_inline]] Error::Code try_reserve(std::uint64_t most = 1) noexcept {
        if (has_reservation()) [[unlikely]]
            return Error::busy;
        if (ring_.is_removed()) [[unlikely]]
            return Error::removed;
        if (head_ == free_until_) [[unlikely]] {
            if (!make_room()) return note_full();
            was_full_ = false;
        }
        // Now, not once it is published: nothing must stand between a publish and the look at the answer.
        if (most == 1) fetch_ahead();
        reserved_ = head_ + (most == 1 ? 1 : std::min(most, free_until_ - head_));
        return {};
    }

    /// The payload of the next slot, reserved, where that takes no more than a look at our own words; else nullptr, and
    /// nothing has happened: try_reserve() waits, or tells why.
    [[gnu::always_inline]] std::byte* reserve_at_once() noexcept {
        const layout::Position head = head_;
        const std::uint64_t room = free_until_ - head;
        if (has_reservation() || room == 0 || ring_.is_removed()) [[unlikely]]
            return nullptr;
        reserved_ = head + 1;
        if (room > fetch_room_) [[likely]]
            fetch_to_write(ring_, head + fetched_ahead);
        return ring_.payload(head);
    }

    /// Waits for room until the deadline; then Error::full.
    [[gnu::always_inline]] Error::Code reserve(Deadline deadline, std::uint64_t most = 1) noexcept {
        const Error::Code code = try_reserve(most);
        if (code != Error::full) return code;
        return room_wait_.wait(gate_.blocker(), deadline, [=, this] { return try_reserve(most); });
    }

    [[gnu::always_inline]] bool has_reservation() const noexcept { return reserved_ != head_; }
    std::uint64_t reserved_count() const noexcept { return reserved_ - head_; }
    /// Of the reservation, or of the next one.
    layout::Position position() const noexcept { return head_; }
    std::byte* payload() const noexcept { return ring_.payload(head_); }

    /// Hands the reserved slot to the consumers; there is but one. `length` must not pass the slot capacity.
    [[gnu::always_inline]] void publish(std::uint32_t length) noexcept {
        if (is_plain()) [[likely]]
            return publish_plain(payload(), length);
        if (stamps_) store_publish_time(ring_, head_, 1);
        ring_.slot(head_).length.store(length, std::memory_order_relaxed);
        pass_on(layout::seq_of(head_));
    }

    /// Whether a message of this ring needs neither a publish time nor a fence.
    [[gnu::always_inline]] bool is_plain() const noexcept { return is_plain_; }
    /// The same for such a ring. `payload` is that of the reserved slot.
    [[gnu::always_inline]] void publish_plain(std::byte* payload, std::uint32_t length) noexcept {
        auto& slot = ring_.slot_of(payload);
        slot.length.store(length, std::memory_order_relaxed);
        const layout::Position position = head_;
        head_ = position + 1;
        slot.seq.store(layout::seq_of(position), std::memory_order_release);  // E1: publish -> next
        announce_head(position + 1);
        Barrier::light_for_compiler();  // E3: publish against sleep
        wake_who_waits(position, 1);
    }

    /// Of the reserved slot at `position`.
    std::byte* payload(layout::Position position) const noexcept { return ring_.payload(position); }

    /// Hands as many of the reserved slots to the consumers as there are lengths, in order and with one look at who
    /// sleeps; the others are used again for the next reservation.
    void publish_batch(std::span<const std::uint32_t> lengths) noexcept {
        const layout::Position first = head_;
        if (stamps_) [[unlikely]]
            store_publish_time(ring_, first, lengths.size());
        const std::uint64_t ahead = fetched_ahead_of(lengths.size());
        const std::uint64_t fetch_room = std::max(fetch_room_, ahead);
        SlotWalk<Ring> walk(ring_, first, ahead);
        layout::Position head = first;
        for (const std::uint32_t length : lengths) {
            auto& slot = walk.slot();
            slot.length.store(length, std::memory_order_relaxed);
            slot.seq.store(layout::seq_of(head), std::memory_order_release);  // E1: publish -> next
            announce_head(++head);
            if (free_until_ - head >= fetch_room) walk.fetch_to_write();
            walk.step();
        }
        head_ = reserved_ = head;
        wake(first, lengths.size());
    }

    /// Gives the reservation back; the slot is used again for the next one.
    void abandon() noexcept { reserved_ = head_; }
    /// What a forked child does with the reservation of its parent.
    void disown() noexcept { abandon(); }

    const Ring& ring() const noexcept { return ring_; }

 private:
    static constexpr std::uint64_t never_fetch = ~std::uint64_t{0};

    /// Hands the slot at head to the consumers, as a message or as a tombstone.
    [[gnu::always_inline]] void pass_on(layout::Seq seq) noexcept {
        const layout::Position position = head_;
        store_seq(seq);
        wake(position, 1);
    }

    /// What is ours moves on before the store that others wait for, after which the compiler would read it again.
    [[gnu::always_inline]] void store_seq(layout::Seq seq) noexcept {
        auto& slot = ring_.slot(head_);
        const layout::Position next = head_ + 1;
        head_ = next;
        slot.seq.store(seq, std::memory_order_release);  // E1: publish -> next
        announce_head(next);
    }

    [[gnu::always_inline]] void fetch_ahead() const noexcept {
        if (free_until_ - head_ > fetch_room_) fetch_to_write(ring_, head_ + fetched_ahead);
    }

    [[gnu::always_inline]] void wake(layout::Position first, std::uint64_t count) noexcept {
        barrier_.light();  // E3: publish against sleep
        wake_who_waits(first, count);
    }
    [[gnu::always_inline]] void wake_who_waits(layout::Position first, std::uint64_t count) noexcept {
        const std::uint64_t waiters = ring_.waiters().bits.load(std::memory_order_acquire);
        if (waiters != 0) [[unlikely]]
            wake_consumers(ring_, waiters, first, count);
    }

    /// After the seq: who finds head has all that is published below it, and looks for one more (head.hpp). For every
    /// message, for a branch that goes another way once in a while costs more than a store.
    [[gnu::always_inline]] void announce_head(layout::Position head) noexcept {
        ring_.state().head.value.store(head, std::memory_order_release);  // E6: head -> join
    }

    /// Finds a slot that may be written, and how many after it need no look. A position whose slot a lossy consumer
    /// holds becomes a tombstone, which touches nothing of the slot but its seq; after a ring's worth of them, every
    /// slot is held.
    [[gnu::noinline]] bool make_room() noexcept {
        using Slot = typename LapGuard<Atomic>::Slot;
        const std::uint64_t slots = ring_.geometry().slot_count;
        for (std::uint64_t i = 0; i < slots; ++i) {
            if (head_ - gate_.position() >= slots && !refresh_gate()) return false;
            const Slot slot = guard_.look_at(head_ - slots, gate_.position());
            if (slot == Slot::free) {
                free_until_ = layout::later(head_ + 1, layout::earlier(gate_.position(), guard_.low()) + slots);
                return true;
            }
            if (slot == Slot::unknown) break;
            leave_tombstone();
        }
        gate_.block_by({});
        return false;
    }

    /// tombstone_count.hpp
    void leave_tombstone() noexcept {
        line_words_->intent.store(intent_word(head_), std::memory_order_relaxed);
        line_words_->tombstones.store(tombstones_word(tombstones_, 1), std::memory_order_relaxed);
        pass_on(layout::tombstone_of(head_));
        line_words_->tombstones.store(tombstones_word(++tombstones_), std::memory_order_release);
        line_words_->intent.store(0, std::memory_order_release);
        reserved_ = free_until_ = head_;
    }

    bool refresh_gate() noexcept {
        let_get_ahead_.pause_after(gained_);
        const layout::Position before = gate_.position();
        gate_.refresh(head_);
        gained_ = gate_.blocker().is_reader() ? gate_.position() - before : 0;
        guard_.look_at_cursors(gate_.position());
        return head_ - gate_.position() < ring_.geometry().slot_count;
    }

    /// Counts the times the ring became full, not the polls that found it so.
    Error::Code note_full() noexcept {
        if (!was_full_) line_words_->found_full.store(++found_full_, std::memory_order_relaxed);
        was_full_ = true;
        return Error::full;
    }

    Ring ring_;
    Barrier barrier_;
    bool stamps_;  ///< publish times are stored
    bool was_full_ = false;
    layout::ProducerLine<Atomic>* line_words_;
    layout::Position head_;
    layout::Position reserved_;  ///< end of what is reserved, else head_: publish() ends it without a store
    Gate<Atomic, GateWriters::one> gate_;
    layout::Position free_until_;  ///< slots of positions from head to here may be written without a look
    LapGuard<Atomic> guard_;
    RoomWait<Atomic> room_wait_;
    LetGetAhead let_get_ahead_;
    std::uint64_t gained_ = 0;  ///< by the last refresh, in positions that a consumer let go
    bool is_plain_;
    std::uint64_t fetch_room_;  ///< where more than so many slots are free, the lines of a later one are asked for
    std::uint64_t found_full_;
    std::uint64_t tombstones_ = 0;  ///< that we have left
};

}  // namespace ringview::ring
