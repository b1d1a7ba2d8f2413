#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include <ringview/ring/held_entries.hpp>
#include <ringview/ring/sequential_reader.hpp>

namespace ringview::ring {

/// What the kinds of consumers have in common that mark in their cursors what they hold, before they begin to read it:
/// how many messages that may be, and pos, which follows the lowest of them.
///
/// A kind has besides
///
///     void move_pos_to(layout::Position lowest) noexcept;
///     Error::Code why_no_room() const noexcept;
///     bool may_begin() const noexcept;    to read from next on, once that is marked
template <class Kind, template <class> class Atomic>
class MarkingConsumer : public SequentialReader<Kind, Atomic> {
    using Base = SequentialReader<Kind, Atomic>;

 public:
    explicit MarkingConsumer(const Admission<Atomic>& admission) noexcept
        : Base(admission), held_(*cursor_, ring_.geometry().slot_count) {}

    void release(layout::Position position) noexcept {
        held_.release(position);
        follow_lowest();
    }

    void release_batch(std::span<const Received> messages) noexcept {
        for (const Received& message : messages) release(message.position);
    }

    bool holds_messages() const noexcept { return !held_.is_empty(); }

 protected:
    using Base::cursor_;
    using Base::next_;
    using Base::pos_;
    using Base::ring_;
    using Base::slot_;

    /// These are positions in a row. All are marked before the first is looked at: E7, or E10. What comes behind them,
    /// a loss or a tombstone too, is left to the next call.
    std::size_t take_more(std::span<Received> messages) noexcept {
        const std::uint64_t marked =
            ready_in_a_row(std::min<std::uint64_t>(held_.room_for(next_), messages.size() - 1));
        if (marked == 0) return 1;
        held_.hold(next_, marked);
        this->barrier_.light();
        const std::size_t taken = kind().may_begin() ? take_in_a_row(messages.subspan(1, marked)) : 0;
        if (taken != marked) held_.undo(marked - taken);
        return 1 + taken;
    }

    Error::Code skip_to(layout::Position position) noexcept {
        if (!held_.has_room_for(position)) return kind().why_no_room();
        this->count_skipped(position - next_);
        this->move_next(position);
        follow_lowest();
        return {};
    }

    void step_over_tombstone() noexcept {
        this->count_stepped_over();
        this->step();
    }

    void follow_lowest() noexcept {
        const layout::Position lowest = held_.lowest(next_);
        if (lowest != pos_) kind().move_pos_to(lowest);
    }

    HeldEntries<Atomic> held_;

 private:
    std::uint64_t ready_in_a_row(std::uint64_t most) const noexcept {
        SlotWalk<typename Base::Ring> walk = slot_;
        std::uint64_t count = 0;
        for (; count < most; ++count, walk.step())
            if (walk.slot().seq.load(std::memory_order_acquire) != layout::seq_of(next_ + count)) break;
        return count;
    }

    /// The first of the batch has looked ahead for all of it.
    std::size_t take_in_a_row(std::span<Received> messages) noexcept {
        const bool is_behind = this->catch_up_.is_behind(next_);
        std::size_t count = 0;
        for (; count < messages.size(); ++count, this->step()) {
            const auto& slot = slot_.slot();
            if (slot.seq.load(std::memory_order_acquire) != layout::seq_of(next_)) break;  // E1: publish -> next
            const std::uint32_t length = slot.length.load(std::memory_order_relaxed);
            if (length - this->min_length_ > this->length_range_) [[unlikely]]
                break;
            if (is_behind) slot_.fetch_to_read();
            messages[count] = {ring_.payload_of(slot), next_, 0, length};
        }
        return count;
    }

    Kind& kind() noexcept { return static_cast<Kind&>(*this); }
};

}  // namespace ringview::ring
