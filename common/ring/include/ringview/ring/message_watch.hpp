#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include <ringview/layout/ring_memory.hpp>
#include <ringview/platform/futex.hpp>
#include <ringview/ring/group_scan.hpp>

namespace ringview::ring {

/// The sleeper's half of E3 (publish against sleep), for whoever sleeps for the next message of a subscription: its
/// consumer, or the thread behind its event_fd, one of the two. `announce`, a heavy barrier, then look and sleep as
/// often as need be, `withdraw`.
///
/// A member of a group sleeps by a word of its own, for a message goes to any of them: what is published may lie behind
/// the position that the member found next.
template <template <class> class Atomic = std::atomic>
class MessageWatch {
 public:
    static constexpr unsigned not_in_a_group = layout::max_groups;

    MessageWatch(const layout::ReadableRing<Atomic>& ring, unsigned subscription,
                 unsigned group = not_in_a_group) noexcept
        : ring_(&ring), subscription_(subscription), group_(group) {}

    /// From the next heavy barrier on, whoever publishes `position` wakes us.
    void announce(layout::Position position) const noexcept {
        ring_->cursor(subscription_).wait_seq.store(layout::seq_of(position), std::memory_order_relaxed);
        ring_->waiters().bits.fetch_or(bit(), std::memory_order_seq_cst);
    }
    void withdraw() const noexcept { ring_->waiters().bits.fetch_and(~bit(), std::memory_order_relaxed); }
    /// By whoever was woken and does not take the message itself: another member may be free for it.
    void pass_on() const noexcept {
        if (group_ != not_in_a_group) wake_next_member(*ring_, group_, subscription_);
    }

    /// What a sleeper has to go by.
    struct Look {
        bool may_sleep;
        /// As they were seen: first what a publish changes, the message's seq or a member's own word; then whether the
        /// ring is there and the subscription active.
        std::array<platform::FutexWord, 3> words;
    };
    Look look(layout::Position position) const noexcept {
        // Before the look at the ring: who wakes us after it ends the sleep before it begins.
        const auto& wakes_word = ring_->cursor(subscription_).wakes;
        const std::uint64_t wakes = wakes_word.load(std::memory_order_acquire);
        const auto& seq_word = ring_->slot(position).seq;
        const auto& life_word = ring_->state().membership.life;
        const auto& state_word = ring_->subscription_record(subscription_).state;
        const layout::Seq seq = seq_word.load(std::memory_order_acquire);
        const std::uint64_t life = life_word.load(std::memory_order_acquire);
        const std::uint32_t state = state_word.load(std::memory_order_acquire);
        const bool is_in_group = group_ != not_in_a_group;
        const bool is_ready =
            is_in_group ? is_group_ready(*ring_, group_) : layout::seq_distance(seq, layout::seq_of(position)) >= 0;
        const bool is_awaited = !is_ready && life == static_cast<std::uint64_t>(layout::RingLife::open) &&
                                state != static_cast<std::uint32_t>(layout::MemberState::evicting) &&
                                state != static_cast<std::uint32_t>(layout::MemberState::evicted);
        return {is_awaited,
                {is_in_group ? platform::FutexWord::low_half(&wakes_word, wakes)
                             : platform::FutexWord::low_half(&seq_word, seq),
                 platform::FutexWord::low_half(&life_word, life), platform::FutexWord::whole(&state_word, state)}};
    }

 private:
    std::uint64_t bit() const noexcept { return std::uint64_t{1} << subscription_; }

    const layout::ReadableRing<Atomic>* ring_;
    unsigned subscription_;
    unsigned group_;
};

}  // namespace ringview::ring
