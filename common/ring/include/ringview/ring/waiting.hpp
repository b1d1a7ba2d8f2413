#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>

#include <ringview/platform/clock.hpp>

namespace ringview {

/// How a handle waits in next() and reserve().
enum class Waiting {
    spin,   ///< polls without a pause: the shortest wait, and a processor to itself
    yield,  ///< polls, and offers its processor again and again: for a processor that several such handles share
    sleep,  ///< polls for a moment, offers its processor a few times, then sleeps until it is woken
};

}  // namespace ringview

/// The bounds of waiting are here, what is made of them in patience.hpp, the protocols of the sleeps beside the sides
/// that use them.
namespace ringview::ring {

/// A point of CLOCK_MONOTONIC, in nanoseconds.
struct Deadline {
    std::int64_t at_ns;

    static constexpr Deadline never() noexcept { return {std::numeric_limits<std::int64_t>::max()}; }
    /// Less than no time is none.
    static Deadline after(std::chrono::nanoseconds timeout) noexcept {
        const std::int64_t now_ns = platform::monotonic_ns();
        timeout = std::max(timeout, std::chrono::nanoseconds{0});
        return timeout.count() >= never().at_ns - now_ns ? never() : Deadline{now_ns + timeout.count()};
    }
    std::chrono::nanoseconds left() const noexcept {
        if (at_ns == never().at_ns) return std::chrono::nanoseconds::max();
        return std::chrono::nanoseconds{at_ns - platform::monotonic_ns()};
    }
    bool has_passed() const noexcept { return left().count() <= 0; }
};

/// Long enough to meet a peer that is already writing on another processor, short enough that one that shares ours does
/// not wait long for it.
inline constexpr std::chrono::nanoseconds default_spin_time{300};
/// Nobody means to keep a processor busy for longer who wants to sleep at all.
inline constexpr std::chrono::nanoseconds longest_spin_time = std::chrono::seconds{1};
/// Spins, each followed by an offer of our processor, which is cheaper than a sleep and a wake-up. Together they take
/// some microseconds, so that an idle waiter costs nothing.
inline constexpr unsigned spins_before_sleep = 8;
/// Whoever takes an offered processor for longer than this is no peer that writes a message but somebody with a time
/// slice to use up: milliseconds, where a sleep and its wake-up cost microseconds.
inline constexpr std::chrono::nanoseconds long_offer = std::chrono::microseconds{100};
/// After a long offer nothing is offered for so many times as long, so that such offers cost at most a few percent of
/// the time, however many messages come in it.
inline constexpr std::int64_t offers_pause_factor = 32;
/// Whatever an offer has cost (a stopped machine), it is tried again after this.
inline constexpr std::chrono::nanoseconds longest_offers_pause = std::chrono::seconds{1};
/// A waiter that never sleeps looks this often for what else could end its wait: its deadline, removal, eviction.
inline constexpr std::chrono::nanoseconds spin_round = std::chrono::microseconds{1};
/// Every sleep ends after this and looks again. No wake-up is known to be lost; this bounds what an unknown one costs,
/// and what a peer does that dies between its store and its wake while no daemon is there to send it.
inline constexpr std::chrono::nanoseconds longest_sleep = std::chrono::milliseconds{100};
/// A waiter that polls a word which its peer stores for every message leaves it alone for this long between two looks.
inline constexpr std::chrono::nanoseconds polite_poll{150};
/// Lossy consumers that hold every slot of a ring stop its producer, and wake nobody when they let go: it looks again
/// after this.
inline constexpr std::chrono::nanoseconds unheld_poll = std::chrono::milliseconds{1};
/// Without futex_waitv, or without any barrier, the thread behind event_fd() looks this often while there is something
/// to look for: a hundredth of a processor at most, and a delay that an event loop can live with.
inline constexpr std::chrono::nanoseconds blind_poll = std::chrono::milliseconds{1};
/// Of every processor that we know of today.
inline constexpr std::size_t cache_line_bytes = 64;

inline std::chrono::nanoseconds next_sleep(Deadline deadline) noexcept {
    return std::clamp(deadline.left(), std::chrono::nanoseconds{0}, longest_sleep);
}

}  // namespace ringview::ring
