#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include <ringview/layout/position.hpp>
#include <ringview/platform/cpu.hpp>

/// A consumer that has drained a burst lets the producer get ahead for a moment: polling the line that is being written
/// slows both sides to the speed of that line.
namespace ringview::ring {

/// How long that must be depends on how far apart the two processors are, so it is found out: doubled while it yields
/// less than `good_catch`, shortened while it yields more than `rich_catch`.
inline constexpr std::chrono::nanoseconds shortest_catch_up{200};
inline constexpr std::chrono::nanoseconds longest_catch_up{1600};
inline constexpr std::uint64_t good_catch = 24;
inline constexpr std::uint64_t rich_catch = 96;
/// Messages with at most one empty look before each make a burst from this many on.
inline constexpr std::uint64_t burst_messages = 4;
/// In a smaller ring a pause could let the producer run into the end of it.
inline constexpr std::uint64_t burst_slots = 64;

/// Belongs to its consumer.
class CatchUp {
 public:
    CatchUp(std::uint64_t slot_count, layout::Position next) noexcept
        : may_pause_(slot_count >= burst_slots), empty_at_(next), burst_begin_(next), caught_up_at_(next) {}

    /// Nothing is ready at `next`. Pauses, and returns true for another look, where the messages before it came one
    /// right after the other. (A burst goes on over a single empty look; it begins anew at the second one in a row.)
    bool pause_after_burst(layout::Position next) noexcept {
        if (next == empty_at_) burst_begin_ = next;
        empty_at_ = next;
        if (next - burst_begin_ < burst_messages || !may_pause_) return false;
        burst_begin_ = next;
        const std::uint64_t caught = next - caught_up_at_;
        if (caught < good_catch) duration_ = std::min(2 * duration_, longest_catch_up);
        if (caught > rich_catch) duration_ = std::max(duration_ * 7 / 8, shortest_catch_up);
        caught_up_at_ = next;
        platform::pause_for(duration_);
        return true;
    }

 private:
    bool may_pause_;
    std::chrono::nanoseconds duration_ = shortest_catch_up;
    layout::Position empty_at_;      ///< where nothing was ready last
    layout::Position burst_begin_;   ///< where the messages began that come one right after the other
    layout::Position caught_up_at_;  ///< where the last pause was made
};

}  // namespace ringview::ring
