#pragma once

#include <algorithm>
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
#include <ringview/ring/message_watch.hpp>
#include <ringview/ring/patience.hpp>
#include <ringview/ring/received.hpp>
#include <ringview/ring/released_positions.hpp>
#include <ringview/ring/slot_walk.hpp>
#include <ringview/ring/waiting.hpp>
#include <ringview/ring/wake.hpp>

namespace ringview::ring {

/// What a consumer is made from, of whatever kind.
template <template <class> class Atomic = std::atomic>
struct Admission {
    layout::ReadableRing<Atomic> ring;
    Barrier barrier;
    unsigned subscription;
    layout::Position start;           ///< where the daemon admitted us …
    std::uint64_t lost_at_start = 0;  ///< … so much above the position that was wanted
    std::uint64_t min_length = 0;     ///< a shorter message is no message of this ring
    WaitOptions waits{};
};

/// What one call that waits has done so far.
struct Wait {
    bool has_begun = false;
    bool has_slept = false;
};

/// What the consumers of all kinds of subscriptions have in common: where they are, what they have counted, how they
/// wait. How the next message is taken, and what becomes of it when it is released, is the kind's:
///
///     Error::Code try_next(Received& message) noexcept;
///     std::size_t take_more(std::span<Received> messages) noexcept;   behind the first of them, which is taken
///     void release(layout::Position position) noexcept;
///     Error::Code skip_to(layout::Position position) noexcept;        which is above next
///
/// Error::Code{} (zero) means success throughout.
template <class Kind, template <class> class Atomic>
class SubscriptionReader {
 public:
    using Ring = layout::ReadableRing<Atomic>;
    /// Messages that one consumer may hold: a bit each.
    static constexpr std::uint64_t max_held = ReleasedPositions::max_span;

    explicit SubscriptionReader(const Admission<Atomic>& admission) noexcept
        : ring_(admission.ring),
          barrier_(admission.barrier),
          subscription_(admission.subscription),
          cursor_(&ring_.cursor(subscription_)),
          catch_up_(ring_.geometry().slot_count, admission.start),
          patience_(admission.waits),
          next_(admission.start),
          slot_(ring_, next_),
          pos_(admission.start),
          min_length_(admission.min_length),
          length_range_(ring_.geometry().slot_capacity - min_length_),
          lost_(admission.lost_at_start),
          untold_lost_(lost_) {}

    /// The next message and those that are ready behind it, as many as fit into `messages`; `count` of them where it
    /// returns success. These are positions in a row: a tombstone, a loss or a corrupt message behind the first is left
    /// to the next call. Error::too_many_held may come with fewer than max_held; otherwise as try_next().
    Error::Code try_next_batch(std::span<Received> messages, std::size_t& count) noexcept {
        count = 0;
        const Error::Code code = kind().try_next(messages.front());
        if (code == Error::Code{}) count = kind().take_more(messages);
        return code;
    }

    /// Waits for the first message until the deadline; then Error::empty.
    Error::Code next_batch(std::span<Received> messages, std::size_t& count, Deadline deadline) noexcept {
        Wait wait;
        for (;;) {
            const Error::Code code = kind().try_next_batch(messages, count);
            if (code != Error::empty || !go_on(wait, deadline)) return code;
        }
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
            if (code != Error::empty || !go_on(wait, deadline)) return code;
        }
    }

    /// After an attempt that found nothing: waits until it is time for another. False where the deadline has passed
    /// meanwhile. Who waits like this makes the attempt itself, so that what it receives need not pass through memory
    /// on the way from a call that cannot be inlined.
    [[gnu::noinline]] bool go_on(Wait& wait, Deadline deadline) noexcept {
        if (wait.has_begun && deadline.has_passed()) return false;
        wait.has_begun = true;
        if (wait.has_slept || !patience_.look_again([&] { return kind().is_ready(); }, [] { platform::relax(); })) {
            kind().sleep_for_message(deadline);
            wait.has_slept = true;
        }
        return true;
    }

    /// The next position to read; every position below it was handed out, stepped over, lost or skipped.
    layout::Position next_position() const noexcept { return next_; }
    layout::Position pos() const noexcept { return pos_; }
    std::uint64_t lost() const noexcept { return lost_; }
    std::uint64_t stepped_over() const noexcept { return stepped_over_; }
    std::uint64_t skipped() const noexcept { return skipped_; }
    static std::uint64_t redelivered() noexcept { return 0; }
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
    MessageWatch<Atomic> message_watch() const noexcept { return {ring_, subscription_}; }

    /// From now on `alarm` is set whenever nothing is ready, and waits instead of us. It belongs to somebody who
    /// outlives our next call.
    void set_alarm(Alarm* alarm) noexcept {
        alarm_ = alarm;
        alarm_->set(next_);
    }

 protected:
    /// The message at next, whose seq says that it is there.
    [[gnu::always_inline]] Error::Code take(Received& message) noexcept {
        const auto& slot = slot_.slot();
        const layout::Position position = next_;
        const std::uint32_t length = slot.length.load(std::memory_order_relaxed);
        if (catch_up_.is_behind(position)) follow(position);
        step();
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
                position, [this] { return ring_.state().head.value.load(std::memory_order_relaxed); },
                [this](layout::Position ahead) {
                    const layout::Seq seq = ring_.slot(ahead).seq.load(std::memory_order_relaxed);
                    return layout::seq_distance(seq, layout::seq_of(ahead)) >= 0;
                });
    }

    void step() noexcept {
        const layout::Position next = next_ + 1;
        next_ = next;
        slot_.step();
        cursor_->next.store(next, std::memory_order_relaxed);
    }
    void move_next(layout::Position next) noexcept {
        next_ = next;
        slot_.jump(ring_, next);
        cursor_->next.store(next, std::memory_order_relaxed);
    }
    void count_lost(std::uint64_t positions) noexcept {
        lost_ += positions;
        untold_lost_ += positions;
        cursor_->lost.store(lost_, std::memory_order_relaxed);
    }
    void count_stepped_over() noexcept { cursor_->stepped_over.store(++stepped_over_, std::memory_order_relaxed); }
    void count_skipped(std::uint64_t positions) noexcept {
        skipped_ += positions;
        cursor_->skipped.store(skipped_, std::memory_order_relaxed);
    }

    [[gnu::always_inline]] void move_pos(layout::Position new_pos) noexcept {
        const layout::Position old_pos = pos_;
        pos_ = new_pos;
        cursor_->pos.store(new_pos, std::memory_order_release);  // E2: release -> refresh
        barrier_.light();                                        // E4: release against sleep
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
        if (ring_.is_removed()) [[unlikely]]
            return Error::removed;
        return is_evicted() ? Error::evicted : Error::empty;
    }

    /// A lossless consumer is never lapped while it is a member.
    Error::Code why_passed_by() const noexcept { return is_evicted() ? Error::evicted : Error::corrupt; }

    Ring ring_;
    Barrier barrier_;
    unsigned subscription_;
    layout::Cursor<Atomic>* cursor_;
    CatchUp catch_up_;
    Patience patience_;
    Alarm* alarm_ = nullptr;  ///< once somebody has asked for an event_fd
    layout::Position next_;
    SlotWalk<Ring> slot_;  ///< at next_; a member of a group does not use it: others move its next
    layout::Position pos_;
    std::uint64_t min_length_;
    std::uint64_t length_range_;
    std::uint64_t lost_;
    std::uint64_t untold_lost_;  ///< of lost_, what the next message will tell as lost before it
    std::uint64_t stepped_over_ = 0;
    std::uint64_t skipped_ = 0;

 private:
    [[gnu::noinline]] Error::Code pass_over_corrupt(layout::Position position) noexcept {
        count_lost(1);
        kind().release(position);
        return Error::corrupt;
    }

    Kind& kind() noexcept { return static_cast<Kind&>(*this); }

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

    /// E3: publish against sleep. The bit stays set, and the barrier holds, until the seq has changed.
    void sleep_for_message(Deadline deadline) noexcept {
        if (alarm_ != nullptr) return alarm_->wait(next_sleep(deadline));
        const MessageWatch<Atomic> watch = kind().message_watch();
        watch.announce(next_);
        barrier_.heavy();
        while (!deadline.has_passed()) {
            const auto look = watch.look(next_);
            if (!look.may_sleep) break;
            platform::futex_wait_any(look.words, next_sleep(deadline));
        }
        watch.withdraw();
    }
};

}  // namespace ringview::ring
