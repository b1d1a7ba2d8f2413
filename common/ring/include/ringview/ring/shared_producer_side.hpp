#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include <ringview/layout/ring_memory.hpp>
#include <ringview/platform/error.hpp>
#include <ringview/ring/barrier.hpp>
#include <ringview/ring/gate.hpp>
#include <ringview/ring/intent.hpp>
#include <ringview/ring/lap_guard.hpp>
#include <ringview/ring/publish_time.hpp>
#include <ringview/ring/room_wait.hpp>
#include <ringview/ring/tombstone_count.hpp>
#include <ringview/ring/wake.hpp>

namespace ringview::ring {

/// One of the producers of a ring that has several: reserve a slot, write its payload in place, publish it. Positions
/// are claimed from head, one or some in a row, so all consumers see one order; slots are published in whatever order
/// their producers are done. ORDERING.md explains the edges.
///
/// Belongs to one thread at a time. Error::Code{} (zero) means success throughout.
template <template <class> class Atomic = std::atomic>
class SharedProducerSide {
 public:
    using Ring = layout::WritableRing<Atomic>;

    /// `line` is the producer line that the daemon gave us, and nobody else.
    SharedProducerSide(const Ring& ring, const Barrier& barrier, unsigned line, const WaitOptions& waits = {}) noexcept
        : ring_(ring),
          barrier_(barrier),
          line_(static_cast<std::uint16_t>(line)),
          stamps_(ring.geometry().timestamps),
          line_words_(&ring_.producer_line(line)),
          position_(ring.state().head.value.load(std::memory_order_acquire)),
          gate_(ring, position_),
          clear_until_(position_),
          guard_(ring, barrier, position_),
          room_wait_(ring, barrier, line, waits),
          published_(line_words_->published.load(std::memory_order_relaxed)),
          found_full_(line_words_->found_full.load(std::memory_order_relaxed)) {}

    /// Reserves the next slot, or up to `most` in a row: as many as are clear now, never past them. Error::full,
    /// Error::busy (a reservation is outstanding) or Error::removed.
    Error::Code try_reserve(std::uint64_t most = 1) noexcept {
        if (has_reservation()) [[unlikely]]
            return Error::busy;
        if (ring_.is_removed()) [[unlikely]]
            return Error::removed;
        std::uint64_t tombstones = 0;
        for (;;) {
            position_ = ring_.state().head.value.load(std::memory_order_acquire);
            const Clearance clearance = clear_to_go();
            if (clearance == Clearance::blocked) [[unlikely]]
                return note_full();
            if (clearance == Clearance::too_late || !claim(clearance == Clearance::clear ? clear_in_a_row(most) : 1))
                continue;
            if (clearance == Clearance::clear) [[likely]]
                break;
            settle(0);
            if (++tombstones == ring_.geometry().slot_count) {
                gate_.block_by({});
                return note_full();
            }
        }
        was_full_ = false;
        return {};
    }

    /// Waits for room until the deadline; then Error::full.
    Error::Code reserve(Deadline deadline, std::uint64_t most = 1) noexcept {
        const Error::Code code = try_reserve(most);
        if (code != Error::full) return code;
        return room_wait_.wait(gate_.blocker(), deadline, [=, this] { return try_reserve(most); });
    }

    bool has_reservation() const noexcept { return reserved_count_ != 0; }
    std::uint64_t reserved_count() const noexcept { return reserved_count_; }
    /// Of the reservation; without one, where head was at our last look.
    layout::Position position() const noexcept { return position_; }
    std::byte* payload() const noexcept { return ring_.payload(position_); }

    /// Hands the reserved slot to the consumers; there is but one. `length` must not pass the slot capacity.
    void publish(std::uint32_t length) noexcept { publish_batch({&length, 1}); }

    /// Of the reserved slot at `position`.
    std::byte* payload(layout::Position position) const noexcept { return ring_.payload(position); }

    /// Hands as many of the reserved slots to the consumers as there are lengths, in order and with one look at who
    /// sleeps; the others are given up, as by abandon().
    void publish_batch(std::span<const std::uint32_t> lengths) noexcept {
        if (stamps_) [[unlikely]]
            store_publish_time(ring_, position_, lengths.size());
        for (std::size_t i = 0; i < lengths.size(); ++i) {
            auto& slot = ring_.slot(position_ + i);
            slot.length.store(lengths[i], std::memory_order_relaxed);
            slot.producer.store(line_, std::memory_order_relaxed);
        }
        published_ += lengths.size();
        line_words_->published.store(published_, std::memory_order_relaxed);
        settle(lengths.size());
    }

    /// Gives the reservation up. Others may have claimed what follows, so its positions stay, as tombstones.
    void abandon() noexcept {
        if (has_reservation()) settle(0);
    }

    /// What a forked child does with the reservation of its parent.
    void disown() noexcept { reserved_count_ = 0; }

    const Ring& ring() const noexcept { return ring_; }

 private:
    enum class Clearance {
        clear,     ///< the slot may be written by whoever claims the position
        held,      ///< a lossy consumer reads the slot: whoever claims the position makes it a tombstone
        too_late,  ///< somebody else has claimed the position
        blocked,   ///< gate_.blocker() is in the way
    };

    /// Whether position_, which head was a moment ago, may be claimed: neither lossless consumers nor the history need
    /// its slot (E5), and whoever had the slot a lap before is done with it.
    Clearance clear_to_go() noexcept {
        if (layout::distance(position_, clear_until_) >= 0 && !make_room()) [[unlikely]]
            return Clearance::blocked;
        const layout::Position old = position_ - ring_.geometry().slot_count;
        const layout::Seq seq = ring_.slot(position_).seq.load(std::memory_order_acquire);  // E9: publish -> claim
        const std::int64_t ahead = layout::seq_distance(seq, layout::seq_of(old));
        if (ahead != 0) [[unlikely]]
            return why_not_ours(ahead);
        return layout::distance(position_, clear_until_) < 0 ? Clearance::clear : look_at_lossy(old);
    }

    /// Whether the lossless subscriptions and the history let position_ go.
    [[gnu::noinline]] bool make_room() noexcept {
        const std::uint64_t slots = ring_.geometry().slot_count;
        if (position_ - gate_.position() >= slots) {
            gate_.refresh(position_);
            guard_.look_at_cursors(gate_.position());
            clear_until_ = layout::earlier(gate_.position(), guard_.low()) + slots;
        }
        return position_ - gate_.position() < slots;
    }

    [[gnu::noinline]] Clearance why_not_ours(std::int64_t ahead) noexcept {
        // Published already, so head has gone on. If it has not, this is no honest ring.
        if (ahead > 0 && ring_.state().head.value.load(std::memory_order_acquire) != position_)
            return Clearance::too_late;
        gate_.block_by({Blocker::producer, position_ - ring_.geometry().slot_count});
        return Clearance::blocked;
    }

    /// Whether the slot of `old`, which some lossy consumer may not have passed, is held (E7).
    [[gnu::noinline]] Clearance look_at_lossy(layout::Position old) noexcept {
        using Slot = typename LapGuard<Atomic>::Slot;
        const Slot slot = guard_.look_at(old, gate_.position());
        if (slot == Slot::held) return Clearance::held;
        if (slot == Slot::free) {
            clear_until_ = layout::earlier(gate_.position(), guard_.low()) + ring_.geometry().slot_count;
            return Clearance::clear;
        }
        gate_.block_by({});
        return Clearance::blocked;
    }

    /// From position_ on, which is clear.
    std::uint64_t clear_in_a_row(std::uint64_t most) const noexcept {
        most = std::min(most, most_intended);
        std::uint64_t count = 1;
        for (; count < most; ++count) {
            const layout::Position position = position_ + count;
            if (layout::distance(position, clear_until_) >= 0) break;
            const layout::Seq seq = ring_.slot(position).seq.load(std::memory_order_acquire);  // E9: publish -> claim
            if (layout::seq_distance(seq, layout::seq_of(position - ring_.geometry().slot_count)) != 0) break;
        }
        return count;
    }

    /// E8: claim against recovery. Whoever finds head beyond a position finds the intent of the one who claimed it, or
    /// what became of the claim.
    bool claim(std::uint64_t count) noexcept {
        line_words_->intent.store(intent_word(position_, count), std::memory_order_release);
        layout::Position expected = position_;
        const bool is_ours = ring_.state().head.value.compare_exchange_strong(
            expected, position_ + count, std::memory_order_acq_rel, std::memory_order_relaxed);
        if (is_ours) reserved_count_ = count;
        return is_ours;
    }

    /// Hands what is reserved to the consumers, the first `messages` slots as messages and the others as tombstones, of
    /// which only the seq is written.
    void settle(std::uint64_t messages) noexcept {
        const std::uint64_t tombstones = reserved_count_ - messages;
        if (tombstones != 0) [[unlikely]]
            line_words_->tombstones.store(tombstones_word(tombstones_, tombstones), std::memory_order_relaxed);
        for (std::uint64_t i = 0; i < reserved_count_; ++i) {
            const layout::Position position = position_ + i;
            const layout::Seq seq = i < messages ? layout::seq_of(position) : layout::tombstone_of(position);
            ring_.slot(position).seq.store(seq,
                                           std::memory_order_release);  // E1: publish -> next, E9: publish -> claim
        }
        if (tombstones != 0) [[unlikely]]
            line_words_->tombstones.store(tombstones_word(tombstones_ += tombstones), std::memory_order_release);
        line_words_->intent.store(0, std::memory_order_release);  // E8
        barrier_.light();                                         // E3: publish against sleep
        const std::uint64_t waiters = ring_.waiters().bits.load(std::memory_order_acquire);
        if (waiters != 0) [[unlikely]]
            wake_consumers(ring_, waiters, position_, reserved_count_);
        reserved_count_ = 0;
    }

    /// Counts the times the ring became full, not the polls that found it so. What is no claim is not intended any more
    /// (E8), or it would put off the recovery of whoever did claim the position.
    [[gnu::noinline]] Error::Code note_full() noexcept {
        line_words_->intent.store(0, std::memory_order_release);
        if (!was_full_) line_words_->found_full.store(++found_full_, std::memory_order_relaxed);
        was_full_ = true;
        return Error::full;
    }

    Ring ring_;
    Barrier barrier_;
    std::uint16_t line_;
    bool stamps_;  ///< publish times are stored
    bool was_full_ = false;
    layout::ProducerLine<Atomic>* line_words_;
    layout::Position position_;
    std::uint64_t reserved_count_ = 0;
    Gate<Atomic, GateWriters::several> gate_;
    layout::Position clear_until_;  ///< positions below it need no look at the gate, nor at lossy consumers
    LapGuard<Atomic> guard_;
    RoomWait<Atomic> room_wait_;
    std::uint64_t published_;
    std::uint64_t found_full_;
    std::uint64_t tombstones_ = 0;  ///< that we have left
};

}  // namespace ringview::ring
