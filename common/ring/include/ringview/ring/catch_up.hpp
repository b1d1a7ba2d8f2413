#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include <ringview/layout/position.hpp>
#include <ringview/platform/cpu.hpp>

/// A consumer that has drained a burst lets the producer get ahead for a moment: polling the line that is being written
/// slows both sides to the speed of that line.
namespace ringview::ring {

/// How long that must be after a burst depends on how far apart the two processors are, so it is found out: doubled
/// while it yields less than `good_catch`, shortened while it yields more than `rich_catch`.
inline constexpr std::chrono::nanoseconds shortest_catch_up{200};
inline constexpr std::chrono::nanoseconds longest_catch_up{1600};
inline constexpr std::uint64_t good_catch = 24;
inline constexpr std::uint64_t rich_catch = 96;
/// Messages with at most one empty look before each make a burst from this many on.
inline constexpr std::uint64_t burst_messages = 4;
/// In the midst of a burst it looks this often …
inline constexpr std::uint64_t look_ahead_every = 64;
/// … whether its producer is so far ahead (in a small ring, a quarter of it). Where it is not, the reads of one and the
/// writes of the other want the same lines at once: both could go on like that for ever, several times slower than they
/// can, and never find the ring empty. A producer that has gone so far meanwhile takes lines many at a time.
inline constexpr std::uint64_t safe_distance = 256;
/// It waits for that in short pauses, so many at most: some 4 µs with what the clock takes, as long as a producer far
/// away needs to get there.
inline constexpr unsigned most_distance_pauses = 16;
/// A producer that writes fewer messages in such a pause, one in some 35 ns, has something else to do and is in
/// nobody's way: a distance would only be a delay. The first pauses say nothing, for so long it may take a producer far
/// away to have the lines that we were in the way of, and us to see what it stores.
inline constexpr std::uint64_t fast_messages_a_pause = 6;
inline constexpr unsigned settling_pauses = 3;
/// After a look that has found a slow producer the next one comes twice as late, up to this.
inline constexpr std::uint64_t longest_look_ahead = 4096;
/// In a smaller ring a pause could let the producer run into the end of it.
inline constexpr std::uint64_t burst_slots = 64;

/// Belongs to its consumer.
class CatchUp {
 public:
    CatchUp(std::uint64_t slot_count, layout::Position next) noexcept
        : may_pause_(slot_count >= burst_slots),
          behind_after_(may_pause_ ? burst_messages : never_behind),
          behind_from_(next + behind_after_),
          empty_at_(next),
          burst_begin_(next),
          caught_up_at_(next),
          look_ahead_at_(next),
          safe_distance_(std::min(safe_distance, slot_count / 4)) {}

    /// Nothing is ready at `next`. Pauses, and returns true for another look, where the messages before it came one
    /// right after the other. (A burst goes on over a single empty look; it begins anew at the second one in a row.)
    bool pause_after_burst(layout::Position next) noexcept {
        if (next == empty_at_) burst_begin_ = next;
        empty_at_ = next;
        look_ahead_at_ = next + look_interval_;  // which is for those that never get here
        behind_from_ = next + behind_after_;
        if (next - burst_begin_ < burst_messages || !may_pause_) return false;
        burst_begin_ = next;
        const std::uint64_t caught = next - caught_up_at_;
        if (caught < good_catch) lengthen();
        if (caught > rich_catch) shorten();
        caught_up_at_ = next;
        platform::pause_for(duration_);
        behind_from_ = next;
        return true;
    }

    /// Where is_behind(): whether it is time for keep_distance().
    bool should_look_ahead(layout::Position next) const noexcept { return layout::distance(next, look_ahead_at_) >= 0; }
    /// Pauses, shortly and again, until the producer is at a safe distance, but not for ever, nor for one that writes
    /// slowly or not at all. The message at `next` lies ready meanwhile. `is_ready(position)`: whether a message, or
    /// what comes later, is there, which takes no line from a producer that is not there yet. `head()`: where the
    /// producer is, asked for once, for it takes the line that the producer stores into for each message. Returns how
    /// often it paused.
    template <class IsReady, class Head>
    [[gnu::noinline]] unsigned keep_distance(layout::Position next, const IsReady& is_ready,
                                             const Head& head) noexcept {
        if (is_ready(next + safe_distance_)) {
            look_ahead_at_ = next + look_interval_;
            return 0;
        }
        const layout::Position begin = head();
        unsigned pauses = 0;
        bool is_fast = true;
        do {
            platform::pause_for(shortest_catch_up);
            ++pauses;
            if (pauses > settling_pauses)
                is_fast = is_ready(
                    layout::earlier(begin + (pauses - settling_pauses) * fast_messages_a_pause, next + safe_distance_));
        } while (is_fast && pauses < most_distance_pauses && !is_ready(next + safe_distance_));
        if (pauses > settling_pauses)
            look_interval_ = is_fast ? look_ahead_every : std::min(2 * look_interval_, longest_look_ahead);
        look_ahead_at_ = next + look_interval_;
        return pauses;
    }
    /// Of the next pause after a burst.
    std::chrono::nanoseconds duration() const noexcept { return duration_; }

    /// Never in a ring too small to pause in. Whether more messages are likely to lie ready behind the one at `next`:
    /// after a pause, and in the midst of a burst.
    bool is_behind(layout::Position next) const noexcept { return layout::distance(next, behind_from_) >= 0; }

 private:
    void lengthen() noexcept { duration_ = std::min(2 * duration_, longest_catch_up); }
    void shorten() noexcept { duration_ = std::max(duration_ * 7 / 8, shortest_catch_up); }

    /// Further than any consumer gets.
    static constexpr std::uint64_t never_behind = std::uint64_t{1} << 62;

    bool may_pause_;
    std::uint64_t behind_after_;  ///< so many messages make a burst of what comes behind them
    std::chrono::nanoseconds duration_ = shortest_catch_up;
    layout::Position behind_from_;   ///< messages from here on are in a burst
    layout::Position empty_at_;      ///< where nothing was ready last
    layout::Position burst_begin_;   ///< where the messages began that come one right after the other
    layout::Position caught_up_at_;  ///< where the last pause after a burst was made
    layout::Position look_ahead_at_;
    std::uint64_t look_interval_ = look_ahead_every;
    std::uint64_t safe_distance_;
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
