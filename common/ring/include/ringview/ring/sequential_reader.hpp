#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <ringview/ring/catch_up.hpp>
#include <ringview/ring/head.hpp>
#include <ringview/ring/released_positions.hpp>
#include <ringview/ring/slot_walk.hpp>
#include <ringview/ring/subscription_reader.hpp>
#include <ringview/ring/wake.hpp>

namespace ringview::ring {

/// What the consumers have in common that come to every position of the ring, one after the other. How the next message
/// is taken, and what becomes of it when it is released, is the kind's:
///
///     Error::Code try_next(Received& message) noexcept;
///     std::size_t take_more(std::span<Received> messages) noexcept;   behind the first of them, which is taken
///     void release(layout::Position position) noexcept;
///     Error::Code skip_to(layout::Position position) noexcept;        which is above next
template <class Kind, template <class> class Atomic>
class SequentialReader : public SubscriptionReader<Kind, Atomic> {
    using Base = SubscriptionReader<Kind, Atomic>;

 public:
    /// Messages that one consumer may hold: a bit each.
    static constexpr std::uint64_t max_held = ReleasedPositions::max_span;

    explicit SequentialReader(const Admission<Atomic>& admission) noexcept
        : Base(admission),
          slot_(ring_, next_),
          pos_(admission.start),
          catch_up_(ring_.geometry().slot_count, admission.start) {}

    /// The next message and those that are ready behind it, as many as fit into `messages`; `count` of them where it
    /// returns success. These are positions in a row: a tombstone, a loss or a corrupt message behind the first is left
    /// to the next call. Error::too_many_held may come with fewer than max_held; otherwise as try_next().
    Error::Code try_next_batch(std::span<Received> messages, std::size_t& count) noexcept {
        count = 0;
        const Error::Code code = kind().try_next(messages.front());
        if (code == Error::Code{}) count = kind().take_more(messages);
        return code;
    }

    /// The newest message of those not yet handed out; the others are passed over and counted as skipped. As try_next()
    /// where there is at most one. Messages that come meanwhile may make it the newest but one.
    [[gnu::noinline]] Error::Code try_latest(Received& message) noexcept {
        const layout::Position newest = newest_position();
        const Error::Code code = newest == next_ ? Error::Code{} : kind().skip_to(newest);
        return code == Error::Code{} ? kind().try_next(message) : code;
    }

    /// Waits for a message where there is none, until the deadline; then Error::empty.
    Error::Code latest(Received& message, Deadline deadline) noexcept {
        Wait wait;
        for (;;) {
            const Error::Code code = try_latest(message);
            if (code != Error::empty || !this->go_on(wait, deadline)) return code;
        }
    }

    /// The next position to read; every position below it was handed out, stepped over, lost or skipped.
    layout::Position next_position() const noexcept { return next_; }
    layout::Position pos() const noexcept { return pos_; }
    std::uint64_t skipped() const noexcept { return skipped_; }
    static std::uint64_t redelivered() noexcept { return 0; }
    /// Messages published and not yet handed out.
    std::uint64_t lag() const noexcept {
        const std::int64_t ahead = layout::distance(find_head(ring_), next_);
        return ahead > 0 ? static_cast<std::uint64_t>(ahead) : 0;
    }
    MessageWatch<Atomic> message_watch() const noexcept { return {ring_, subscription_}; }

 protected:
    friend Base;
    using Base::barrier_;
    using Base::cursor_;
    using Base::length_range_;
    using Base::min_length_;
    using Base::next_;
    using Base::ring_;
    using Base::subscription_;
    using Base::untold_lost_;

    /// The message at next, whose seq says that it is there.
    [[gnu::always_inline]] Error::Code take(Received& message) noexcept { return take(message, slot_.slot(), next_); }
    /// The same where both are in registers already.
    template <class Slot>
    [[gnu::always_inline]] Error::Code take(Received& message, const Slot& slot, layout::Position position) noexcept {
        const std::uint32_t length = slot.length.load(std::memory_order_relaxed);
        if (catch_up_.is_behind(position)) follow(position);
        step(position);
        if (length - min_length_ > length_range_) [[unlikely]]
            return pass_over_corrupt(position);
        message = {ring_.payload_of(slot), position, untold_lost_, length};
        if (untold_lost_ != 0) [[unlikely]]
            untold_lost_ = 0;
        return {};
    }

    [[gnu::always_inline]] void follow(layout::Position position) noexcept {
        slot_.fetch_to_read();
        if (catch_up_.should_look_ahead(position)) [[unlikely]]
            catch_up_.keep_distance(
                position,
                [this](layout::Position ahead) {
                    const layout::Seq seq = ring_.slot(ahead).seq.load(std::memory_order_relaxed);
                    return layout::seq_distance(seq, layout::seq_of(ahead)) >= 0;
                },
                [this] { return ring_.state().head.value.load(std::memory_order_relaxed); });
    }

    void step() noexcept { step(next_); }
    [[gnu::always_inline]] void step(layout::Position from) noexcept {
        const layout::Position next = from + 1;
        next_ = next;
        slot_.step();
        cursor_->next.store(next, std::memory_order_relaxed);
    }
    void move_next(layout::Position next) noexcept {
        next_ = next;
        slot_.jump(ring_, next);
        cursor_->next.store(next, std::memory_order_relaxed);
    }
    void count_skipped(std::uint64_t positions) noexcept {
        skipped_ += positions;
        cursor_->skipped.store(skipped_, std::memory_order_relaxed);
    }

    [[gnu::always_inline]] void move_pos(layout::Position new_pos) noexcept {
        const layout::Position old_pos = pos_;
        store_pos(new_pos);
        barrier_.light();  // E4: release against sleep
        wake_who_waits(old_pos, new_pos);
    }
    [[gnu::always_inline]] void store_pos(layout::Position pos) noexcept {
        pos_ = pos;
        cursor_->pos.store(pos, std::memory_order_release);  // E2: release -> refresh
    }
    [[gnu::always_inline]] void wake_who_waits(layout::Position old_pos, layout::Position new_pos) const noexcept {
        const std::uint64_t waiting = ring_.state().producers_waiting.value.load(std::memory_order_acquire);
        if (waiting != 0) [[unlikely]]
            wake_producers(ring_, waiting, subscription_, old_pos, new_pos);
    }

    bool is_ready() const noexcept {
        const layout::Seq seq = slot_.slot().seq.load(std::memory_order_acquire);
        if (layout::seq_distance(seq, layout::seq_of(next_)) >= 0) return true;
        slot_.fetch_second_line();
        return false;
    }

    SlotWalk<typename Base::Ring> slot_;  ///< at next_
    layout::Position pos_;
    CatchUp catch_up_;
    std::uint64_t skipped_ = 0;

 private:
    [[gnu::noinline]] Error::Code pass_over_corrupt(layout::Position position) noexcept {
        this->count_lost(1);
        kind().release(position);
        return Error::corrupt;
    }

    /// Of what is not handed out yet, as far as it can be seen now; next where nothing newer is there.
    layout::Position newest_position() const noexcept {
        layout::Position position = find_head(ring_);
        for (std::uint64_t i = 0; i <= ring_.geometry().slot_count; ++i, --position) {
            if (layout::distance(position, next_) <= 0) break;
            const layout::Seq seq = ring_.slot(position).seq.load(std::memory_order_acquire);  // E1
            const std::int64_t ahead = layout::seq_distance(seq, layout::seq_of(position));
            // A newer one: we are lapped, and try_next() will find out by how much.
            if (ahead > 0 || (ahead == 0 && (seq & layout::tombstone_bit) == 0)) return position;
        }
        return next_;
    }

    Kind& kind() noexcept { return static_cast<Kind&>(*this); }
};

}  // namespace ringview::ring
