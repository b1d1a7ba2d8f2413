#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>

#include <ringview/platform/clock.hpp>
#include <ringview/platform/cpu.hpp>
#include <ringview/platform/futex.hpp>

/// How a side waits: it spins for a moment, offers its processor a few times, then sleeps on a futex. The bounds are
/// here, the protocols of the sleeps beside the sides that use them.
namespace ringview::ring {

/// A point of CLOCK_MONOTONIC, in nanoseconds.
struct Deadline {
    std::int64_t at_ns;

    static constexpr Deadline never() noexcept { return {std::numeric_limits<std::int64_t>::max()}; }
    static Deadline after(std::chrono::nanoseconds timeout) noexcept {
        const std::int64_t now_ns = platform::monotonic_ns();
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
inline constexpr std::chrono::nanoseconds spin_time{300};
/// Spins, each followed by an offer of our processor, which is cheaper than a sleep and a wake-up. Together they take
/// some microseconds, so that an idle waiter costs nothing.
inline constexpr unsigned spins_before_sleep = 8;
/// Every sleep ends after this and looks again. No wake-up is known to be lost; this bounds what an unknown one costs,
/// and what a peer does that dies between its store and its wake.
inline constexpr std::chrono::nanoseconds longest_sleep = std::chrono::milliseconds{100};
/// A waiter that polls a word which its peer stores for every message leaves it alone for this long between two looks.
inline constexpr std::chrono::nanoseconds polite_poll{150};
/// Lossy consumers that hold every slot of a ring stop its producer, and wake nobody when they let go: it looks again
/// after this.
inline constexpr std::chrono::nanoseconds unheld_poll = std::chrono::milliseconds{1};
/// Of every processor that we know of today.
inline constexpr std::size_t cache_line_bytes = 64;

/// What comes before a sleep. Returns true as soon as `ready()` does.
template <class Ready, class Relax>
bool spin_and_yield(Ready&& ready, Relax&& relax) noexcept {
    for (unsigned spin = 0; spin < spins_before_sleep; ++spin) {
        const std::int64_t spin_end_ns = platform::monotonic_ns() + spin_time.count();
        do {
            for (unsigned i = 0; i < 8; ++i) {
                if (ready()) return true;
                relax();
            }
        } while (platform::monotonic_ns() < spin_end_ns);
        platform::yield();
    }
    return ready();
}

inline std::chrono::nanoseconds next_sleep(Deadline deadline) noexcept {
    return std::clamp(deadline.left(), std::chrono::nanoseconds{0}, longest_sleep);
}

}  // namespace ringview::ring
