#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

#include <ringview/layout/ring_memory.hpp>
#include <ringview/platform/cpu.hpp>
#include <ringview/platform/error.hpp>
#include <ringview/ring/alarm.hpp>
#include <ringview/ring/barrier.hpp>
#include <ringview/ring/catch_up.hpp>
#include <ringview/ring/head.hpp>
#include <ringview/ring/held_entries.hpp>
#include <ringview/ring/message_watch.hpp>
#include <ringview/ring/patience.hpp>
#include <ringview/ring/released_positions.hpp>
#include <ringview/ring/waiting.hpp>
#include <ringview/ring/wake.hpp>

namespace ringview::ring {

/// A message in place.
struct Received {
    const std::byte* payload = nullptr;
    std::uint32_t length = 0;
    layout::Position position = 0;
    std::uint64_t lost_before = 0;  ///< positions lost between the message before and this one
};

enum class Overrun {
    never,      ///< lossless: producers wait for this consumer
    evicts_us,  ///< lossless, on a ring with a stall timeout: they wait until the daemon evicts it; what it holds then
                ///< is still never overwritten
    laps_us,    ///< lossy: they do not; it loses what it is too slow for, and what it holds is still never overwritten
};

/// One subscription's consumer: take the next message, read it in place, release it. Messages may be released in any
/// order; `pos` follows the lowest that is not. ORDERING.md explains the edges.
///
/// Belongs to one thread at a time. Error::Code{} (zero) means success throughout.
template <template <class> class Atomic = std::atomic>
class ConsumerSide {
 public:
    using Ring = layout::ReadableRing<Atomic>;
    /// Messages that one consumer may hold: a bit each.
    static constexpr std::uint64_t max_held = ReleasedPositions::max_span;

    /// Starts at the position the daemon admitted us at, `lost_at_start` above the one that was wanted. A message
    /// shorter than `min_length` is no message of this ring.
    ConsumerSide(const Ring& ring, const Barrier& barrier, unsigned subscription, layout::Position start,
                 std::uint64_t min_length, Overrun overrun = Overrun::never, std::uint64_t lost_at_start = 0,
                 const WaitOptions& waits = {}) noexcept
        : ring_(ring),
          barrier_(barrier),
          subscription_(subscription),
          cursor_(&ring_.cursor(subscription)),
          marks_held_(overrun != Overrun::never),
          is_lossy_(overrun == Overrun::laps_us),
          held_(*cursor_, ring.geometry().slot_count),
          catch_up_(ring.geometry().slot_count, start),
          patience_(waits),
          next_(start),
          pos_(start),
          min_length_(min_length),
          length_range_(ring.geometry().slot_capacity - min_length),
          lost_(lost_at_start) {}

    /// Error::empty, Error::too_many_held, Error::removed or Error::evicted (only once nothing is left to read), or
    /// Error::corrupt for a message that no honest producer writes; that one is passed over and counted as lost.
    Error::Code try_next(Received& message) noexcept {
        if (marks_held_) [[unlikely]]
            return is_lossy_ ? try_next_lossy(message) : try_next_evictable(message);
        if (next_ - pos_ >= max_held) [[unlikely]]
            return try_next_far(message);
        const auto& slot = ring_.slot(next_);
        if (slot.seq.load(std::memory_order_acquire) == layout::seq_of(next_)) [[likely]]  // E1: publish -> next
            return take(slot, message);
        return try_next_unready(message);
    }

    /// The next message and those that are ready behind it, as many as fit into `messages`; `count` of them where it
    /// returns success. What is wrong behind the first is left to the next call. Error::too_many_held may come with
    /// fewer than max_held; otherwise as try_next().
    Error::Code try_next_batch(std::span<Received> messages, std::size_t& count) noexcept {
        count = 0;
        const Error::Code code = try_next(messages.front());
        if (code != Error::Code{}) return code;
        count = marks_held_ ? take_more_marked(messages) : take_more(messages);
        return {};
    }

    /// Waits for the first message until the deadline; then Error::empty.
    Error::Code next_batch(std::span<Received> messages, std::size_t& count, Deadline deadline) noexcept {
        const Error::Code code = try_next_batch(messages, count);
        if (code != Error::empty) return code;
        const Error::Code first = next(messages.front(), deadline);
        if (first != Error::Code{}) return first;
        count = marks_held_ ? take_more_marked(messages) : take_more(messages);
        return {};
    }

    /// Waits for a message until the deadline; then Error::empty.
    Error::Code next(Received& message, Deadline deadline) noexcept {
        const Error::Code code = try_next(message);
        return code == Error::empty ? wait_for_message(message, deadline, &ConsumerSide::try_next) : code;
    }

    /// The newest message of those not yet handed out; the others are passed over and counted as skipped. As try_next()
    /// where there is at most one. Messages that come meanwhile may make it the newest but one.
    [[gnu::noinline]] Error::Code try_latest(Received& message) noexcept {
        const layout::Position newest = newest_position();
        const Error::Code code = newest == next_ ? Error::Code{} : skip_to(newest);
        return code == Error::Code{} ? try_next(message) : code;
    }

    /// Waits for a message where there is none, until the deadline; then Error::empty.
    Error::Code latest(Received& message, Deadline deadline) noexcept {
        const Error::Code code = try_latest(message);
        return code == Error::empty ? wait_for_message(message, deadline, &ConsumerSide::try_latest) : code;
    }

    /// `position` must have been handed out and not been released.
    void release(layout::Position position) noexcept {
        if (marks_held_) [[unlikely]] {
            held_.release(position);
            move_marked_pos();
        } else if (position == pos_ && released_.is_empty()) [[likely]] {
            move_pos(pos_ + 1);
        } else {
            released_.add(pos_, position);
            const layout::Position lowest = released_.take_lowest(pos_);
            if (lowest != pos_) move_pos(lowest);
        }
    }

    /// `messages` came from one call of try_next_batch() or next_batch(), and none of them has been released.
    void release_batch(std::span<const Received> messages) noexcept {
        const layout::Position first = messages.front().position;
        if (!marks_held_ && first == pos_ && released_.is_empty()) [[likely]] {
            move_pos(first + messages.size());
        } else {
            for (const Received& message : messages) release(message.position);
        }
    }

    /// The next position to read; every position below it was handed out, stepped over, lost or skipped.
    layout::Position next_position() const noexcept { return next_; }
    layout::Position pos() const noexcept { return pos_; }
    bool holds_messages() const noexcept { return marks_held_ ? !held_.is_empty() : next_ != pos_; }
    std::uint64_t lost() const noexcept { return lost_; }
    std::uint64_t stepped_over() const noexcept { return stepped_over_; }
    std::uint64_t skipped() const noexcept { return skipped_; }
    /// Messages published and not yet handed out.
    std::uint64_t lag() const noexcept {
        const std::int64_t ahead = layout::distance(find_head(ring_).position, next_);
        return ahead > 0 ? static_cast<std::uint64_t>(ahead) : 0;
    }
    /// The line of the producer that wrote a message which is in our hands.
    unsigned producer_of(layout::Position position) const noexcept {
        const unsigned line = ring_.slot(position).producer.load(std::memory_order_relaxed);
        return line < ring_.geometry().producer_limit ? line : 0;
    }
    /// CLOCK_MONOTONIC when a message that is in our hands was published, at most INT64_MAX; 0 on a ring without
    /// timestamps.
    std::int64_t publish_time_ns(layout::Position position) const noexcept {
        if (!ring_.geometry().timestamps) return 0;
        const std::uint64_t time_ns = ring_.publish_time(position).load(std::memory_order_relaxed);
        return static_cast<std::int64_t>(std::min(time_ns, std::uint64_t{INT64_MAX}));
    }
    const Ring& ring() const noexcept { return ring_; }

    /// From now on `alarm` is set whenever nothing is ready, and waits instead of us. It belongs to somebody who
    /// outlives our next call.
    void set_alarm(Alarm* alarm) noexcept {
        alarm_ = alarm;
        alarm_->set(next_);
    }

 private:
    Error::Code take(const layout::SlotHeader<Atomic>& slot, Received& message) noexcept {
        const std::uint32_t length = slot.length.load(std::memory_order_relaxed);
        const layout::Position position = next_;
        move_next(position + 1);
        if (length - min_length_ > length_range_) [[unlikely]] {
            count_lost(1);
            release(position);
            return Error::corrupt;
        }
        message = {ring_.payload(position), length, position, lost_ - lost_told_};
        lost_told_ = lost_;
        return {};
    }

    /// Behind the first of `messages`, which is taken; returns how many there are then. A lossless consumer's are
    /// positions in a row.
    std::size_t take_more(std::span<Received> messages) noexcept {
        std::size_t count = 1;
        layout::Position position = next_;
        for (; count < messages.size() && position - pos_ < max_held; ++position, ++count) {
            const auto& slot = ring_.slot(position);
            if (slot.seq.load(std::memory_order_acquire) != layout::seq_of(position)) break;  // E1: publish -> next
            const std::uint32_t length = slot.length.load(std::memory_order_relaxed);
            if (length - min_length_ > length_range_) [[unlikely]]
                break;
            messages[count] = {ring_.payload(position), length, position, 0};
        }
        if (count != 1) move_next(position);
        return count;
    }

    std::size_t take_more_marked(std::span<Received> messages) noexcept {
        std::size_t count = 1;
        while (count < messages.size() && is_ready() && try_next(messages[count]) == Error::Code{}) ++count;
        return count;
    }

    /// One look at the slot that was not ready, or several where a burst has just ended or tombstones lie in the way;
    /// at most a ring's worth.
    [[gnu::noinline]] Error::Code try_next_unready(Received& message) noexcept {
        for (std::uint64_t i = 0; i <= ring_.geometry().slot_count; ++i) {
            const auto& slot = ring_.slot(next_);
            const layout::Seq seq = slot.seq.load(std::memory_order_acquire);  // E1
            const std::int64_t ahead = layout::seq_distance(seq, layout::seq_of(next_));
            if (ahead > 0) return why_passed_by();
            if (ahead == 0) {
                if ((seq & layout::tombstone_bit) == 0) return take(slot, message);
                count_stepped_over();
                move_next(next_ + 1);
                release(next_ - 1);
            } else if (!catch_up_.pause_after_burst(next_)) {
                fetch_second_line(slot);
                return nothing_yet();
            }
            if (!released_.has_room_for(pos_, next_)) return Error::too_many_held;
        }
        return nothing_yet();
    }

    /// More than max_held positions above pos: something held is in the way, or only what was skipped above it.
    [[gnu::noinline]] Error::Code try_next_far(Received& message) noexcept {
        return released_.has_room_for(pos_, next_) ? try_next_unready(message) : Error::too_many_held;
    }

    /// Of what is not handed out yet, as far as it can be seen now; next where nothing newer is there.
    layout::Position newest_position() const noexcept {
        layout::Position position = find_head(ring_).position;
        for (std::uint64_t i = 0; i <= ring_.geometry().slot_count; ++i, --position) {
            if (layout::distance(position, next_) <= 0) break;
            const layout::Seq seq = ring_.slot(position).seq.load(std::memory_order_acquire);  // E1
            const std::int64_t ahead = layout::seq_distance(seq, layout::seq_of(position));
            // A newer one: we are lapped, and try_next() will find out by how much.
            if (ahead > 0 || (ahead == 0 && (seq & layout::tombstone_bit) == 0)) return position;
        }
        return next_;
    }

    /// `position` is above next.
    Error::Code skip_to(layout::Position position) noexcept {
        const std::uint64_t count = position - next_;
        if (marks_held_) {
            if (!held_.has_room_for(position)) return is_evicted() ? Error::evicted : Error::too_many_held;
        } else if (next_ != pos_ && !released_.add_gap(pos_, next_, count)) {
            return Error::too_many_held;
        }
        skipped_ += count;
        cursor_->skipped.store(skipped_, std::memory_order_relaxed);
        const bool holds_nothing = next_ == pos_;
        move_next(position);
        if (marks_held_) {
            move_marked_pos();
        } else if (holds_nothing) {
            move_pos(position);
        }
        return {};
    }

    /// Where a message spans more than one line, the second is fetched along with the first, not once the first is
    /// there.
    void fetch_second_line(const layout::SlotHeader<Atomic>& slot) const noexcept {
        if (ring_.geometry().slot_stride <= cache_line_bytes) return;
        platform::prefetch(reinterpret_cast<const std::byte*>(&slot) + cache_line_bytes);
    }

    /// E7: hold against reuse. What we are about to read is marked as held before floor is looked at: either the
    /// producer that wants the slot finds the mark, or we find its floor. One call passes at most a ring's worth of
    /// positions.
    [[gnu::noinline]] Error::Code try_next_lossy(Received& message) noexcept {
        for (std::uint64_t i = 0; i <= ring_.geometry().slot_count; ++i) {
            if (!held_.has_room_for(next_)) return Error::too_many_held;
            const auto& slot = ring_.slot(next_);
            // What is not written yet is not held, or a consumer that polls for it would be in its way.
            if (layout::seq_distance(slot.seq.load(std::memory_order_acquire), layout::seq_of(next_)) < 0) {
                if (catch_up_.pause_after_burst(next_)) continue;
                fetch_second_line(slot);
                return nothing_yet();
            }
            held_.hold(next_);
            barrier_.light();
            const layout::Position floor = ring_.state().floors.floor.load(std::memory_order_acquire);
            const layout::Seq seq = slot.seq.load(std::memory_order_acquire);  // E1
            const bool is_lapped = layout::distance(next_, floor) < 0;
            const bool is_ours = layout::seq_distance(seq, layout::seq_of(next_)) == 0;
            if (!is_lapped && is_ours && (seq & layout::tombstone_bit) == 0) return take(slot, message);
            held_.undo();
            if (is_lapped) {
                count_lost(static_cast<std::uint64_t>(layout::distance(floor, next_)));
                move_next(floor);
            } else if (is_ours) {
                count_stepped_over();
                move_next(next_ + 1);
            } else if (!is_below_floor()) {
                return why_passed_by();
            }
            move_marked_pos();
        }
        return nothing_yet();
    }

    /// E10: hold against eviction. What we are about to read is marked as held before our state is looked at: either
    /// the daemon, which looks for marks after it has changed the state, finds it, or we find the state and do not
    /// begin.
    [[gnu::noinline]] Error::Code try_next_evictable(Received& message) noexcept {
        for (std::uint64_t i = 0; i <= ring_.geometry().slot_count; ++i) {
            if (!held_.has_room_for(next_)) return is_evicted() ? Error::evicted : Error::too_many_held;
            const auto& slot = ring_.slot(next_);
            if (layout::seq_distance(slot.seq.load(std::memory_order_acquire), layout::seq_of(next_)) < 0) {
                if (catch_up_.pause_after_burst(next_)) continue;
                fetch_second_line(slot);
                return nothing_yet();
            }
            held_.hold(next_);
            barrier_.light();  // E10
            const bool may_begin = !is_evicted();
            const layout::Seq seq = slot.seq.load(std::memory_order_acquire);  // E1
            const bool is_ours = layout::seq_distance(seq, layout::seq_of(next_)) == 0;
            if (may_begin && is_ours && (seq & layout::tombstone_bit) == 0) return take(slot, message);
            held_.undo();
            if (!may_begin) return Error::evicted;
            if (!is_ours) return why_passed_by();
            count_stepped_over();
            move_next(next_ + 1);
            move_marked_pos();
        }
        return nothing_yet();
    }

    /// A slot is written again only after floor has passed it.
    bool is_below_floor() const noexcept {
        return layout::distance(next_, ring_.state().floors.floor.load(std::memory_order_acquire)) < 0;
    }

    void move_next(layout::Position next) noexcept {
        next_ = next;
        cursor_->next.store(next, std::memory_order_relaxed);
    }
    void count_lost(std::uint64_t positions) noexcept {
        lost_ += positions;
        cursor_->lost.store(lost_, std::memory_order_relaxed);
    }
    void count_stepped_over() noexcept { cursor_->stepped_over.store(++stepped_over_, std::memory_order_relaxed); }

    bool is_evicted() const noexcept {
        const auto state = ring_.subscription_record(subscription_).state.load(std::memory_order_acquire);
        return state == static_cast<std::uint32_t>(layout::MemberState::evicting) ||
               state == static_cast<std::uint32_t>(layout::MemberState::evicted);
    }

    Error::Code nothing_yet() noexcept {
        const Error::Code code = why_nothing();
        if (alarm_ != nullptr && code == Error::empty) [[unlikely]]
            alarm_->set(next_);
        return code;
    }

    Error::Code why_nothing() const noexcept {
        const std::uint64_t life = ring_.state().membership.life.load(std::memory_order_relaxed);
        if (life != static_cast<std::uint64_t>(layout::RingLife::open)) [[unlikely]]
            return Error::removed;
        return is_evicted() ? Error::evicted : Error::empty;
    }

    /// A lossless consumer is never lapped while it is a member.
    Error::Code why_passed_by() const noexcept { return is_evicted() ? Error::evicted : Error::corrupt; }

    void move_pos(layout::Position new_pos) noexcept {
        const layout::Position old_pos = pos_;
        pos_ = new_pos;
        cursor_->pos.store(new_pos, std::memory_order_release);  // E2: release -> refresh
        barrier_.light();                                        // E4: release against sleep
        const std::uint64_t waiting = ring_.state().producers_waiting.value.load(std::memory_order_acquire);
        if (waiting != 0) [[unlikely]]
            wake_producers(ring_, waiting, subscription_, old_pos, new_pos);
    }

    /// No producer waits for a lossy consumer, so nobody is to be woken.
    void move_marked_pos() noexcept {
        const layout::Position lowest = held_.lowest(next_);
        if (lowest == pos_) return;
        if (!is_lossy_) return move_pos(lowest);
        pos_ = lowest;
        cursor_->pos.store(lowest, std::memory_order_release);
    }

    bool is_ready() const noexcept {
        const layout::Seq seq = ring_.slot(next_).seq.load(std::memory_order_acquire);
        return layout::seq_distance(seq, layout::seq_of(next_)) >= 0;
    }

    using Attempt = Error::Code (ConsumerSide::*)(Received&) noexcept;

    [[gnu::noinline]] Error::Code wait_for_message(Received& message, Deadline deadline, Attempt attempt) noexcept {
        bool has_slept = false;
        for (;;) {
            if (has_slept || !patience_.look_again([&] { return is_ready(); }, [] { platform::relax(); })) {
                sleep_for_message(deadline);
                has_slept = true;
            }
            const Error::Code code = (this->*attempt)(message);
            if (code != Error::empty || deadline.has_passed()) return code;
        }
    }

    /// E3: publish against sleep. The bit stays set, and the barrier holds, until the seq has changed.
    void sleep_for_message(Deadline deadline) noexcept {
        if (alarm_ != nullptr) return alarm_->wait(next_sleep(deadline));
        const MessageWatch<Atomic> watch(ring_, subscription_);
        watch.announce(next_);
        barrier_.heavy();
        while (!deadline.has_passed()) {
            const auto look = watch.look(next_);
            if (!look.may_sleep) break;
            platform::futex_wait_any(look.words, next_sleep(deadline));
        }
        watch.withdraw();
    }

    Ring ring_;
    Barrier barrier_;
    unsigned subscription_;
    layout::Cursor<Atomic>* cursor_;
    bool marks_held_;
    bool is_lossy_;
    HeldEntries<Atomic> held_;  ///< where marks_held_
    CatchUp catch_up_;
    Patience patience_;
    Alarm* alarm_ = nullptr;  ///< once somebody has asked for an event_fd
    layout::Position next_;
    layout::Position pos_;
    ReleasedPositions released_;
    std::uint64_t min_length_;
    std::uint64_t length_range_;
    std::uint64_t lost_;
    std::uint64_t lost_told_ = 0;  ///< of lost_, what messages have told as lost before them
    std::uint64_t stepped_over_ = 0;
    std::uint64_t skipped_ = 0;
};

}  // namespace ringview::ring
