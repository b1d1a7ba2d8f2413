#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include <ringview/ring/group_scan.hpp>
#include <ringview/ring/head.hpp>
#include <ringview/ring/held_entries.hpp>
#include <ringview/ring/redelivery.hpp>
#include <ringview/ring/subscription_reader.hpp>

namespace ringview::ring {

/// One of the competing consumers of a group: each message goes to one of them, to another one too where a member died
/// that may have had it. Producers wait for all of them.
///
/// Belongs to one thread at a time.
template <template <class> class Atomic = std::atomic>
class GroupMember : public SubscriptionReader<GroupMember<Atomic>, Atomic> {
    using Base = SubscriptionReader<GroupMember, Atomic>;

 public:
    GroupMember(const Admission<Atomic>& admission, unsigned group) noexcept
        : Base(admission),
          group_(group),
          line_(&ring_.group_line(group)),
          held_(*cursor_, ring_.geometry().slot_count) {}

    [[gnu::noinline]] Error::Code try_next(Received& message) noexcept {
        std::size_t count = 0;
        return try_next_batch({&message, 1}, count);
    }

    /// Claims as many messages in a row as are ready and fit, all with one compare-and-swap.
    [[gnu::noinline]] Error::Code try_next_batch(std::span<Received> messages, std::size_t& count) noexcept {
        count = 0;
        // One call steps over at most a ring's worth of tombstones, and loses so many races at most.
        for (std::uint64_t i = 0; i <= ring_.geometry().slot_count + most_lost_races; ++i) {
            if (has_orphans()) [[unlikely]] {
                const Error::Code code = take_redelivery(messages.front());
                if (code == Error::Code{}) count = 1;
                if (code != Error::empty) return code;
            }
            next_ = line_->next.load(std::memory_order_acquire);
            const std::uint64_t room = held_.room_for(next_);
            if (room == 0) return full_hands();
            const layout::Seq seq = ring_.slot(next_).seq.load(std::memory_order_acquire);  // E1: publish -> next
            const std::int64_t ahead = layout::seq_distance(seq, layout::seq_of(next_));
            if (ahead < 0) return this->nothing_yet();
            if (ahead > 0) {
                // Claimed, released and written anew since we looked at next.
                if (line_->next.load(std::memory_order_acquire) == next_) return this->why_passed_by();
                continue;
            }
            const std::uint64_t ready = ready_in_a_row(std::min<std::uint64_t>(room, messages.size()));
            const layout::Position first = next_;
            if (!claim(std::max<std::uint64_t>(1, ready))) continue;
            if (ready != 0) {
                count = deliver(first, ready, messages);
                return {};
            }
            if (const Error::Code code = pass_over(first, seq); code != Error::Code{}) return code;
        }
        return this->nothing_yet();
    }

    static Error::Code try_latest(Received&) noexcept { return Error::unsupported; }
    static Error::Code latest(Received&, Deadline) noexcept { return Error::unsupported; }

    void release(layout::Position position) noexcept {
        held_.release(position);  // E2: release -> refresh
        let_go();
    }
    void release_batch(std::span<const Received> messages) noexcept {
        for (const Received& message : messages) held_.release(message.position);
        let_go();
    }

    bool holds_messages() const noexcept { return !held_.is_empty(); }
    /// The lowest position that it holds; next where it holds none.
    layout::Position pos() const noexcept { return held_.lowest(next_position()); }
    MessageWatch<Atomic> message_watch() const noexcept { return {ring_, this->subscription_, group_}; }
    /// The position that some member claims next.
    layout::Position next_position() const noexcept { return line_->next.load(std::memory_order_acquire); }
    /// Messages published that no member has claimed.
    std::uint64_t lag() const noexcept {
        const std::int64_t ahead = layout::distance(find_head(ring_), next_position());
        return ahead > 0 ? static_cast<std::uint64_t>(ahead) : 0;
    }
    std::uint64_t delivered() const noexcept { return delivered_; }
    std::uint64_t redelivered() const noexcept { return redelivered_; }
    static std::uint64_t skipped() noexcept { return 0; }

 private:
    friend Base;
    using Base::barrier_;
    using Base::cursor_;
    using Base::length_range_;
    using Base::min_length_;
    using Base::next_;
    using Base::ring_;

    /// Whoever loses more in a row has found nothing to do for now.
    static constexpr std::uint64_t most_lost_races = 64;

    std::uint64_t members() const noexcept {
        return ring_.group_record(group_).members.load(std::memory_order_acquire);
    }
    std::uint64_t orphans() const noexcept { return ring_.state().membership.orphans.load(std::memory_order_acquire); }
    bool has_orphans() const noexcept {
        const std::uint64_t all = orphans();
        return all != 0 && (all & members()) != 0;
    }
    bool is_ready() const noexcept { return is_group_ready(ring_, group_); }

    bool is_of_right_length(layout::Position position) const noexcept {
        return ring_.slot(position).length.load(std::memory_order_relaxed) - min_length_ <= length_range_;
    }

    /// Messages from next on. What is read here counts only if they are claimed.
    std::uint64_t ready_in_a_row(std::uint64_t most) const noexcept {
        std::uint64_t count = 0;
        for (; count < most; ++count) {
            const layout::Position position = next_ + count;
            const layout::Seq seq = ring_.slot(position).seq.load(std::memory_order_acquire);  // E1: publish -> next
            if (seq != layout::seq_of(position) || !is_of_right_length(position)) break;
        }
        return count;
    }

    /// E12: claim against refresh. Whoever finds next beyond a position finds it in the held words of the one who
    /// claimed it.
    bool claim(std::uint64_t count) noexcept {
        held_.hold(next_, count);
        layout::Position expected = next_;
        if (!line_->next.compare_exchange_strong(expected, next_ + count, std::memory_order_acq_rel,
                                                 std::memory_order_relaxed)) {
            held_.undo(count);
            let_go();
            return false;
        }
        next_ += count;
        cursor_->next.store(next_, std::memory_order_relaxed);
        pass_on();
        return true;
    }

    /// For what we leave behind.
    void pass_on() const noexcept {
        barrier_.light();  // E3: publish against sleep
        wake_next_member(ring_, group_, this->subscription_);
    }

    /// We may have been woken for what we cannot take: since we fell asleep, others have moved next on to where it
    /// needs an entry of its own.
    Error::Code full_hands() const noexcept {
        pass_on();
        return Error::too_many_held;
    }

    std::size_t deliver(layout::Position first, std::uint64_t count, std::span<Received> messages) noexcept {
        for (std::uint64_t i = 0; i < count; ++i) messages[i] = received(first + i);
        count_delivered(count);
        return count;
    }

    Received received(layout::Position position, bool is_redelivered = false) noexcept {
        const std::uint64_t lost_before = std::exchange(this->untold_lost_, 0);
        return {ring_.payload(position), position, lost_before,
                ring_.slot(position).length.load(std::memory_order_relaxed), is_redelivered};
    }

    void count_delivered(std::uint64_t count) noexcept {
        delivered_ += count;
        cursor_->delivered.store(delivered_, std::memory_order_relaxed);
    }

    /// A position in our hands that is no message to deliver.
    Error::Code pass_over(layout::Position position, layout::Seq seq) noexcept {
        const bool is_tombstone = (seq & layout::tombstone_bit) != 0;
        if (is_tombstone) {
            this->count_stepped_over();
        } else {
            this->count_lost(1);
        }
        release(position);
        return is_tombstone ? Error::Code{} : Error::corrupt;
    }

    /// What dead members had claimed. Error::empty where nothing is left of it.
    [[gnu::noinline]] Error::Code take_redelivery(Received& message) noexcept {
        Error::Code code = Error::empty;
        for_each_bit(orphans() & members(), layout::max_subscriptions, [&](unsigned gone) {
            for (auto& word : ring_.cursor(gone).redelivery) {
                // An honest word is empty after so many takes, ours or others'.
                for (std::uint64_t i = 0; i < HeldEntries<Atomic>::max_in_a_row + most_lost_races; ++i) {
                    if (code != Error::empty || left_to(group_, word.load(std::memory_order_acquire)) == 0) break;
                    code = take_first_of(word, message);
                }
            }
        });
        return code;
    }

    Error::Code take_first_of(Atomic<std::uint64_t>& redelivery, Received& message) noexcept {
        std::uint64_t word = redelivery.load(std::memory_order_acquire);
        const std::uint64_t ours = left_to(group_, word);
        if (ours == 0) return Error::empty;
        const layout::Position next = line_->next.load(std::memory_order_acquire);
        const std::uint64_t behind = (next - (ours >> 16)) & 0xFFFF'FFFF'FFFF;
        const layout::Position position = next - behind;
        const std::uint64_t left = redelivery_word(held_word(position + 1, held_count(ours) - 1), group_);
        const bool is_nonsense = behind == 0 || behind > ring_.geometry().slot_count;
        if (is_nonsense || held_.spans(position)) {
            // What we hold ourselves the dead member had only intended.
            redelivery.compare_exchange_strong(word, is_nonsense ? 0 : left, std::memory_order_acq_rel);
            return Error::empty;
        }
        if (!held_.has_room_for(position)) return full_hands();
        held_.hold(position);  // E12
        if (!redelivery.compare_exchange_strong(word, left, std::memory_order_acq_rel)) {
            held_.undo();
            let_go();
            return Error::empty;
        }
        pass_on();
        const layout::Seq seq = ring_.slot(position).seq.load(std::memory_order_acquire);
        if (seq != layout::seq_of(position) || !is_of_right_length(position)) {
            const Error::Code code = pass_over(position, seq);
            return code == Error::Code{} ? Error::empty : code;
        }
        message = received(position, true);
        count_delivered(1);
        cursor_->redelivered.store(++redelivered_, std::memory_order_relaxed);
        return {};
    }

    /// E4: release against sleep. After each change of what our held words say, also that of an intent that came to
    /// nothing: until then a producer may have waited for it.
    void let_go() noexcept {
        cursor_->pos.store(held_.lowest(next_), std::memory_order_release);
        barrier_.light();
        const std::uint64_t waiting = ring_.state().producers_waiting.value.load(std::memory_order_acquire);
        if (waiting != 0) [[unlikely]]
            wake_producers_of_group(ring_, waiting, group_);
    }

    unsigned group_;
    layout::GroupLine<Atomic>* line_;
    HeldEntries<Atomic> held_;
    std::uint64_t delivered_ = 0;
    std::uint64_t redelivered_ = 0;
};

}  // namespace ringview::ring
