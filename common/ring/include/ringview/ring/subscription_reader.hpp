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
#include <ringview/ring/message_watch.hpp>
#include <ringview/ring/patience.hpp>
#include <ringview/ring/received.hpp>
#include <ringview/ring/waiting.hpp>

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
/// wait. The kind says how messages are taken, and what there is to wait for:
///
///     Error::Code try_next_batch(std::span<Received> messages, std::size_t& count) noexcept;
///     bool is_ready() const noexcept;
///     MessageWatch<Atomic> message_watch() const noexcept;
///
/// Error::Code{} (zero) means success throughout.
template <class Kind, template <class> class Atomic>
class SubscriptionReader {
 public:
    using Ring = layout::ReadableRing<Atomic>;

    explicit SubscriptionReader(const Admission<Atomic>& admission) noexcept
        : ring_(admission.ring),
          barrier_(admission.barrier),
          subscription_(admission.subscription),
          cursor_(&ring_.cursor(subscription_)),
          patience_(admission.waits),
          next_(admission.start),
          min_length_(admission.min_length),
          length_range_(ring_.geometry().slot_capacity - min_length_),
          lost_(admission.lost_at_start),
          untold_lost_(lost_) {}

    /// Waits for the first message until the deadline; then Error::empty.
    Error::Code next_batch(std::span<Received> messages, std::size_t& count, Deadline deadline) noexcept {
        Wait wait;
        for (;;) {
            const Error::Code code = kind().try_next_batch(messages, count);
            if (code != Error::empty || !go_on(wait, deadline)) return code;
        }
    }

    /// After an attempt that found nothing: waits until it is time for another. False where the deadline has passed
    /// meanwhile. Who waits like this makes the attempt itself, so that what it receives need not pass through memory
    /// on the way from a call that cannot be inlined.
    [[gnu::noinline]] bool go_on(Wait& wait, Deadline deadline) noexcept {
        if (wait.has_begun && deadline.has_passed()) return false;
        wait.has_begun = true;
        const auto is_ready = [&] { return kind().is_ready(); };
        if (wait.has_slept || !patience_.look_again(
                                  is_ready, [] { platform::relax(); }, deadline)) {
            kind().sleep_for_message(deadline);
            wait.has_slept = true;
        }
        return true;
    }

    std::uint64_t lost() const noexcept { return lost_; }
    std::uint64_t stepped_over() const noexcept { return stepped_over_; }
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

 protected:
    void count_lost(std::uint64_t positions) noexcept {
        lost_ += positions;
        untold_lost_ += positions;
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
    Patience patience_;
    Alarm* alarm_ = nullptr;  ///< once somebody has asked for an event_fd
    layout::Position next_;
    std::uint64_t min_length_;
    std::uint64_t length_range_;
    std::uint64_t lost_;
    std::uint64_t untold_lost_;  ///< of lost_, what the next message will tell as lost before it
    std::uint64_t stepped_over_ = 0;

 private:
    Kind& kind() noexcept { return static_cast<Kind&>(*this); }

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
