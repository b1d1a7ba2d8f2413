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
        : may_pause_(slot_count >= burst_slots),
          behind_from_(next + burst_messages),
          empty_at_(next),
          burst_begin_(next),
          caught_up_at_(next) {}

    /// Nothing is ready at `next`. Pauses, and returns true for another look, where the messages before it came one
    /// right after the other. (A burst goes on over a single empty look; it begins anew at the second one in a row.)
    bool pause_after_burst(layout::Position next) noexcept {
        if (next == empty_at_) burst_begin_ = next;
        empty_at_ = next;
        behind_from_ = next + burst_messages;
        if (next - burst_begin_ < burst_messages || !may_pause_) return false;
        burst_begin_ = next;
        const std::uint64_t caught = next - caught_up_at_;
        if (caught < good_catch) duration_ = std::min(2 * duration_, longest_catch_up);
        if (caught > rich_catch) duration_ = std::max(duration_ * 7 / 8, shortest_catch_up);
        caught_up_at_ = next;
        platform::pause_for(duration_);
        behind_from_ = next;
        return true;
    }

    /// Whether more messages are likely to lie ready behind the one at `next`: after a pause, and in the midst of a
    /// burst.
    bool is_behind(layout::Position next) const noexcept {
        return layout::distance(next, behind_from_) >= 0 && may_pause_;
    }

 private:
    bool may_pause_;
    std::chrono::nanoseconds duration_ = shortest_catch_up;
    layout::Position behind_from_;   ///< messages from here on are in a burst
    layout::Position empty_at_;      ///< where nothing was ready last
    layout::Position burst_begin_;   ///< where the messages began that come one right after the other
    layout::Position caught_up_at_;  ///< where the last pause was made
};

/// The same for a producer of a full ring that runs right after a consumer: it would look at all cursors for a few
/// slots at a time. So many slots are not a few, nor is a sixteenth of the ring: half of what a producer waits for that
/// has found none (room_wait.hpp).
inline constexpr std::uint64_t good_gain = 64;
inline constexpr std::chrono::nanoseconds let_get_ahead_duration{400};

/// Belongs to its producer.
class LetGetAhead {
 public:
    explicit LetGetAhead(std::uint64_t slot_count) noexcept : good_gain_(std::min(good_gain, slot_count / 16)) {}

    /// Before it looks for room again, where the last look gained so many positions from a consumer. Where it gained
    /// none, whoever asks decides how long to wait.
    void pause_after(std::uint64_t gained) const noexcept {
        if (gained != 0 && gained < good_gain_) platform::pause_for(let_get_ahead_duration);
    }

 private:
    std::uint64_t good_gain_;
};

}  // namespace ringview::ring
