#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include <ringview/ring/fetch_lines.hpp>
#include <ringview/ring/released_positions.hpp>
#include <ringview/ring/sequential_reader.hpp>

namespace ringview::ring {

/// The consumer that producers wait for: nothing is lost, and the message that is there is taken with one look at its
/// slot, no fence and no read-modify-write. Messages may be released in any order; `pos` follows the lowest that is
/// not.
///
/// Belongs to one thread at a time.
template <template <class> class Atomic = std::atomic>
class LosslessConsumer : public SequentialReader<LosslessConsumer<Atomic>, Atomic> {
    using Base = SequentialReader<LosslessConsumer, Atomic>;

 public:
    using Base::Base;
    using Base::max_held;

    [[gnu::always_inline]] Error::Code try_next(Received& message) noexcept {
        const layout::Position next = next_;
        // Most hold one message at a time, and are through with the first comparison.
        if (next != pos_ && next - pos_ >= max_held) [[unlikely]]
            return by_copy(message, [this](Received& taken) { return try_next_far(taken); });
        const auto& slot = slot_.slot();
        if (slot.seq.load(std::memory_order_acquire) == layout::seq_of(next)) [[likely]]  // E1: publish -> next
            return this->take(message, slot, next);
        return by_copy(message, [this](Received& taken) { return try_next_unready(taken); });
    }

    /// The lowest that is held, where nothing above it was released before and light() is no fence. False, and nothing
    /// has happened, where release() is needed.
    [[gnu::always_inline]] bool release_at_once(layout::Position position) noexcept {
        if (position != pos_ || !released_.is_empty()) [[unlikely]]
            return false;
        this->store_pos(position + 1);
        Barrier::light_for_compiler();  // E4: release against sleep
        this->wake_who_waits(position, position + 1);
        return true;
    }
    void release(layout::Position position) noexcept {
        if (position == pos_ && released_.is_empty()) [[likely]] {
            this->move_pos(pos_ + 1);
        } else {
            release_out_of_order(position);
        }
    }

    void release_batch(std::span<const Received> messages) noexcept {
        const layout::Position first = messages.front().position;
        if (first == pos_ && released_.is_empty()) [[likely]] {
            this->move_pos(first + messages.size());
        } else {
            for (const Received& message : messages) release(message.position);
        }
    }

    bool holds_messages() const noexcept { return next_ != pos_; }

 private:
    friend Base;
    using Base::length_range_;
    using Base::min_length_;
    using Base::next_;
    using Base::pos_;
    using Base::ring_;
    using Base::slot_;

    [[gnu::noinline]] void release_out_of_order(layout::Position position) noexcept {
        released_.add(pos_, position);
        const layout::Position lowest = released_.take_lowest(pos_);
        if (lowest != pos_) this->move_pos(lowest);
    }

    /// These are positions in a row. The first of a batch has looked ahead for all of it.
    std::size_t take_more(std::span<Received> messages) noexcept {
        std::size_t count = 1;
        SlotWalk<typename Base::Ring> walk(ring_, next_, fetched_ahead_of(messages.size()));
        layout::Position position = next_;
        // Copies, for the compiler would read ours again after each look at a seq.
        const bool is_behind = this->catch_up_.is_behind(position);
        const std::uint64_t above_pos = std::min(position - pos_, max_held);
        const std::uint64_t most = std::min<std::uint64_t>(messages.size(), count + max_held - above_pos);
        const std::uint64_t min_length = min_length_;
        const std::uint64_t length_range = length_range_;
        for (; count < most; ++position, ++count, walk.step()) {
            const auto& slot = walk.slot();
            if (slot.seq.load(std::memory_order_acquire) != layout::seq_of(position)) break;  // E1: publish -> next
            const std::uint32_t length = slot.length.load(std::memory_order_relaxed);
            if (length - min_length > length_range) [[unlikely]]
                break;
            if (is_behind) walk.fetch_to_read();
            messages[count] = {ring_.payload_of(slot), position, 0, length};
        }
        if (count != 1) this->move_next(position);
        return count;
    }

    /// One look at the slot that was not ready, or several where a burst has just ended or tombstones lie in the way;
    /// at most a ring's worth.
    [[gnu::noinline]] Error::Code try_next_unready(Received& message) noexcept {
        for (std::uint64_t i = 0; i <= ring_.geometry().slot_count; ++i) {
            const layout::Seq seq = slot_.slot().seq.load(std::memory_order_acquire);  // E1
            const std::int64_t ahead = layout::seq_distance(seq, layout::seq_of(next_));
            if (ahead > 0) return this->why_passed_by();
            if (ahead == 0) {
                if ((seq & layout::tombstone_bit) == 0) return this->take(message);
                this->count_stepped_over();
                this->step();
                release(next_ - 1);
            } else if (!this->catch_up_.pause_after_burst(next_)) {
                slot_.fetch_second_line();
                return this->nothing_yet();
            }
            if (!released_.has_room_for(pos_, next_)) return Error::too_many_held;
        }
        return this->nothing_yet();
    }

    /// More than max_held positions above pos: something held is in the way, or only what was skipped above it.
    [[gnu::noinline]] Error::Code try_next_far(Received& message) noexcept {
        return released_.has_room_for(pos_, next_) ? try_next_unready(message) : Error::too_many_held;
    }

    Error::Code skip_to(layout::Position position) noexcept {
        const bool holds_nothing = next_ == pos_;
        if (!holds_nothing && !released_.add_gap(pos_, next_, position - next_)) return Error::too_many_held;
        this->count_skipped(position - next_);
        this->move_next(position);
        if (holds_nothing) this->move_pos(position);
        return {};
    }

    ReleasedPositions released_;
};

}  // namespace ringview::ring
