#pragma once

#include <cstdint>
#include <optional>

#include <ringview/ring/consumer_side.hpp>

#include "reading.hpp"

namespace ringview::explore {

/// Where the daemon admits a subscription.
struct Start {
    layout::Position position = 0;
    std::uint64_t lost = 0;  ///< so much above the one that was wanted
};

/// The consumer of a subscription, during one of its lives: has every message in order, loses none unless it is lossy,
/// and accounts for each position.
class Reader : public Reading<Ring::Consumer> {
 public:
    Reader(World& world, unsigned subscription, ring::Overrun kind, Start start, bool is_durable);

    ring::Overrun kind() const noexcept { return kind_; }
    bool is_lossy() const noexcept { return kind_ == ring::Overrun::laps_us; }
    bool is_durable() const noexcept { return is_durable_; }

    void note_evicted(layout::Position unreleased) noexcept { evicted_at_ = unreleased; }
    std::optional<layout::Position> evicted_at() const noexcept { return evicted_at_; }

    /// Delivered + stepped over + lost + skipped = positions passed.
    void check_account() const;
    /// It is dead: another life of it begins at `unreleased`.
    void check_keeps_place(layout::Position unreleased) const;

 private:
    void attach(std::optional<Ring::Consumer>& side) override;
    void note_taken(const ring::Received& message) override;
    bool may_be_evicted() const noexcept override { return evicted_at_.has_value(); }
    bool may_skip() const noexcept override { return true; }
    /// Behind the last message that it was handed, and before `end`, there is none; nor need there be where it is
    /// lossy, or has skipped some.
    bool has_had_all_before(layout::Position end) const noexcept;

    ring::Overrun kind_;
    Start start_;
    bool is_durable_;
    std::optional<layout::Position> evicted_at_;
    layout::Position next_;  ///< behind the last message that it was handed
    std::uint64_t delivered_ = 0;
    std::uint64_t told_lost_ = 0;
    std::uint64_t skipped_ = 0;  ///< before it was handed the last message
};

}  // namespace ringview::explore
