#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include <ringview/layout/ring_memory.hpp>
#include <ringview/platform/error.hpp>
#include <ringview/platform/futex.hpp>
#include <ringview/ring/barrier.hpp>
#include <ringview/ring/gate.hpp>
#include <ringview/ring/patience.hpp>
#include <ringview/ring/waiting.hpp>

namespace ringview::ring {

/// How a producer waits for room: for the subscription that holds the ring up, asleep until it has gone on (E4), or for
/// what wakes nobody, in bounded sleeps.
///
/// Belongs to its producer.
template <template <class> class Atomic = std::atomic>
class RoomWait {
 public:
    RoomWait(const layout::WritableRing<Atomic>& ring, const Barrier& barrier, unsigned line,
             const WaitOptions& waits) noexcept
        : ring_(ring), barrier_(barrier), line_(line), patience_(waits) {}

    /// Calls `try_again`, which has answered Error::full, until it answers something else or the time is over.
    /// `blocker`: what it found in the way the last time.
    ///
    /// Waits for room for a batch, so that producer and consumer do not wake each other for every message; after a
    /// sleep that nobody ended, for a single slot. Asleep, for no more than a reader can give that has no new message.
    template <class TryAgain>
    [[gnu::noinline]] Error::Code wait(const Blocker& blocker, Deadline deadline, TryAgain&& try_again) noexcept {
        std::uint64_t batch = std::max<std::uint64_t>(1, ring_.geometry().slot_count / 8);
        for (;;) {
            if (!blocker.is_reader())
                wait_for_slot(blocker, deadline);
            else if (!wait_for_pos(Awaited{blocker, batch}, deadline))
                batch = 1;
            const Error::Code code = try_again();
            if (code != Error::full || deadline.has_passed()) return code;
        }
    }

 private:
    /// A reader's pos, as it was in our way, and so many positions beyond it.
    struct Awaited : Blocker {
        Awaited(const Blocker& blocker, std::uint64_t batch) noexcept : Blocker(blocker), from(blocker.pos) {
            pos += batch;
        }
        layout::Position from;
    };

    /// Nobody wakes us: neither a lossy consumer that lets go of a slot, nor a producer that publishes.
    void wait_for_slot(const Blocker& blocker, Deadline deadline) noexcept {
        const auto is_ready = [&] {
            const layout::Seq seq = ring_.slot(blocker.pos).seq.load(std::memory_order_acquire);
            return layout::seq_distance(seq, layout::seq_of(blocker.pos)) >= 0;
        };
        if (blocker.subscription == Blocker::producer && patience_.look_again(
                                                             is_ready, [] { platform::relax(); }, deadline))
            return;
        patience_.pause(std::min(next_sleep(deadline), unheld_poll));
    }

    /// The blocker's pos, as it was seen, has reached what is waited for, or it no longer blocks.
    bool has_room(const Awaited& awaited, layout::Position pos) const noexcept {
        const auto& membership = ring_.state().membership;
        const auto& blocking = awaited.is_group() ? membership.groups : membership.lossless;
        const unsigned index = awaited.is_group() ? awaited.group() : awaited.subscription;
        if ((blocking.load(std::memory_order_acquire) >> index & 1) == 0 || ring_.is_removed()) return true;
        return layout::distance(pos, awaited.pos) >= 0;
    }
    layout::Position pos_of(const Awaited& awaited) const noexcept {
        if (awaited.is_group()) return pos_of_group(ring_, awaited.group(), awaited.from);
        return ring_.cursor(awaited.subscription).pos.load(std::memory_order_acquire);
    }

    /// Returns false when the time of a sleep ran out.
    bool wait_for_pos(const Awaited& awaited, Deadline deadline) noexcept {
        return patience_.look_again([&] { return has_room(awaited, pos_of(awaited)); },
                                    [] { platform::pause_for(polite_poll); }, deadline) ||
               sleep_for_pos(within_reach(awaited), deadline);
    }

    /// One that holds most of the ring, as a window of the last messages, lets go of one when it takes another: it
    /// comes no farther than it has messages to take. It holds no fewer than this when it waits for us.
    Awaited within_reach(Awaited awaited) const noexcept {
        const std::uint64_t slots = ring_.geometry().slot_count;
        const layout::Position pos = pos_of(awaited);
        const layout::Position next = awaited.is_group()
                                          ? ring_.group_line(awaited.group()).next.load(std::memory_order_relaxed)
                                          : ring_.cursor(awaited.subscription).next.load(std::memory_order_relaxed);
        const std::uint64_t left = slots - std::min(next - pos, slots - 1);
        awaited.pos = awaited.from + std::min(awaited.pos - awaited.from, left);
        return awaited;
    }

    /// E4: release against sleep. Returns false when the time ran out.
    bool sleep_for_pos(const Awaited& awaited, Deadline deadline) noexcept {
        auto& line = ring_.producer_line(line_);
        auto& waiting = ring_.state().producers_waiting.value;
        const auto& pos_word =
            awaited.is_group() ? ring_.group_line(awaited.group()).moves : ring_.cursor(awaited.subscription).pos;
        const auto& life_word = ring_.state().membership.life;
        const auto& epoch_word = ring_.state().membership.join_epoch;
        const std::uint64_t bit = std::uint64_t{1} << line_;
        line.wait_subscription.store(awaited.subscription, std::memory_order_relaxed);
        line.wait_pos.store(awaited.pos, std::memory_order_relaxed);
        waiting.fetch_or(bit, std::memory_order_seq_cst);
        barrier_.heavy();
        bool is_woken = true;
        for (;;) {
            // First of all: who leaves, and who takes its place at the same pos, is noticed. And pos is loaded once:
            // what was found too low is what is slept on.
            const std::uint64_t epoch = epoch_word.load(std::memory_order_acquire);
            const std::uint64_t moves = awaited.is_group() ? pos_word.load(std::memory_order_acquire) : 0;
            const layout::Position pos = pos_of(awaited);
            const std::array words{platform::FutexWord::low_half(&pos_word, awaited.is_group() ? moves : pos),
                                   platform::FutexWord::low_half(&life_word, life_word.load(std::memory_order_acquire)),
                                   platform::FutexWord::low_half(&epoch_word, epoch)};
            if (has_room(awaited, pos)) break;
            const auto result = platform::futex_wait_any(words, next_sleep(deadline));
            if (result == platform::FutexResult::timed_out) {
                is_woken = false;
                break;
            }
        }
        waiting.fetch_and(~bit, std::memory_order_relaxed);
        return is_woken;
    }

    layout::WritableRing<Atomic> ring_;
    Barrier barrier_;
    unsigned line_;
    Patience patience_;
};

}  // namespace ringview::ring
