#pragma once

#include <cstdint>

#include <ringview/ring/marking_consumer.hpp>

namespace ringview::ring {

/// The consumer that producers do not wait for: it loses what it is too slow for, and counts it. What it holds is never
/// overwritten.
///
/// Belongs to one thread at a time.
template <template <class> class Atomic = std::atomic>
class LossyConsumer : public MarkingConsumer<LossyConsumer<Atomic>, Atomic> {
    using Base = MarkingConsumer<LossyConsumer, Atomic>;

 public:
    using Base::Base;

    /// E7: hold against reuse. What we are about to read is marked as held before floor is looked at: either the
    /// producer that wants the slot finds the mark, or we find its floor. First for a consumer that keeps up and holds
    /// nothing.
    [[gnu::always_inline]] Error::Code try_next(Received& message) noexcept {
        const layout::Position next = next_;
        const auto& slot = slot_.slot();
        const auto& seq = slot.seq;
        if (!held_.is_empty() || seq.load(std::memory_order_acquire) != layout::seq_of(next)) [[unlikely]]
            return by_copy(message, [this](Received& taken) { return try_next_further(taken); });
        held_.hold_only(next);
        this->barrier_.light();
        const bool is_lapped = layout::distance(next, floor()) < 0;
        const bool is_there = seq.load(std::memory_order_acquire) == layout::seq_of(next);  // E1
        if (is_lapped || !is_there) [[unlikely]]
            return by_copy(message, [this](Received& taken) { return try_next_anew(taken); });
        return this->take(message, slot, next);
    }

    /// What is all that is held. False, and nothing has happened, where release() is needed.
    [[gnu::always_inline]] bool release_at_once() noexcept {
        if (!held_.release_only()) [[unlikely]]
            return false;
        move_pos_to(next_);
        return true;
    }
    void release(layout::Position position) noexcept {
        if (!release_at_once()) Base::release(position);
    }

 private:
    template <class, template <class> class>
    friend class MarkingConsumer;
    template <class, template <class> class>
    friend class SequentialReader;
    using Base::held_;
    using Base::next_;
    using Base::ring_;
    using Base::slot_;

    /// Between our look and our mark the producer took the slot.
    [[gnu::noinline]] Error::Code try_next_anew(Received& message) noexcept {
        held_.undo();
        return try_next_further(message);
    }

    /// E7 in every case: what is not there yet, tombstones, what we lost. Passes at most a ring's worth of positions.
    [[gnu::noinline]] Error::Code try_next_further(Received& message) noexcept {
        for (std::uint64_t i = 0; i <= ring_.geometry().slot_count; ++i) {
            if (!held_.has_room_for(next_)) return why_no_room();
            const auto& slot = slot_.slot();
            // What is not written yet is not held, or a consumer that polls for it would be in its way.
            if (layout::seq_distance(slot.seq.load(std::memory_order_acquire), layout::seq_of(next_)) < 0) {
                if (this->catch_up_.pause_after_burst(next_)) continue;
                slot_.fetch_second_line();
                return this->nothing_yet();
            }
            held_.hold(next_);
            this->barrier_.light();
            const layout::Position floor_now = floor();
            const layout::Seq seq = slot.seq.load(std::memory_order_acquire);  // E1
            const bool is_lapped = layout::distance(next_, floor_now) < 0;
            const bool is_ours = layout::seq_distance(seq, layout::seq_of(next_)) == 0;
            if (!is_lapped && is_ours && (seq & layout::tombstone_bit) == 0) return this->take(message);
            held_.undo();
            if (is_lapped) {
                this->count_lost(static_cast<std::uint64_t>(layout::distance(floor_now, next_)));
                this->move_next(floor_now);
            } else if (is_ours) {
                this->step_over_tombstone();
            } else if (!is_below_floor()) {
                return this->why_passed_by();
            }
            this->follow_lowest();
        }
        return this->nothing_yet();
    }

    [[gnu::always_inline]] layout::Position floor() const noexcept {
        return ring_.state().floors.floor.load(std::memory_order_acquire);
    }

    /// A slot is written again only after floor has passed it.
    [[gnu::always_inline]] bool is_below_floor() const noexcept { return layout::distance(next_, floor()) < 0; }
    bool may_begin() const noexcept { return !is_below_floor(); }

    static Error::Code why_no_room() noexcept { return Error::too_many_held; }

    /// No producer waits for us, so nobody is to be woken.
    [[gnu::always_inline]] void move_pos_to(layout::Position lowest) noexcept {
        this->pos_ = lowest;
        this->cursor_->pos.store(lowest, std::memory_order_release);
    }
};

}  // namespace ringview::ring
