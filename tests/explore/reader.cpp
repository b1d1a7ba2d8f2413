#include "reader.hpp"

#include <fmt/core.h>

namespace ringview::explore {
namespace {

const char* name_of(ring::Overrun kind) {
    switch (kind) {
        case ring::Overrun::never:
            return "lossless reader";
        case ring::Overrun::evicts_us:
            return "evictable reader";
        case ring::Overrun::laps_us:
            return "lossy reader";
    }
    return "reader";
}

}  // namespace

Reader::Reader(World& world, unsigned subscription, ring::Overrun kind, Start start, bool is_durable)
    : Reading(world, fmt::format("{} {}", name_of(kind), subscription), subscription),
      kind_(kind),
      start_(start),
      is_durable_(is_durable),
      next_(start.position) {}

void Reader::attach(std::optional<Ring::Consumer>& side) {
    side.emplace(world_.readable(), world_.ring.barrier(), place(), start_.position, 0, kind_, start_.lost);
}

void Reader::note_taken(const ring::Received& message) {
    world_.findings.expect(layout::distance(message.position, next_) >= 0, "{} is handed {} out of order", name(),
                           number_of(message.position));
    world_.findings.expect(has_had_all_before(message.position), "{} loses a message between {} and {}", name(),
                           number_of(next_), number_of(message.position));
    told_lost_ += message.lost_before;
    world_.findings.expect(told_lost_ == side_->lost(), "{} is told that {} positions are lost, of {}", name(),
                           told_lost_, side_->lost());
    next_ = message.position + 1;
    skipped_ = side_->skipped();
    ++delivered_;
}

void Reader::check_account() const {
    if (!side_) return;
    world_.counts.skipped += side_->skipped();
    const std::uint64_t lost = side_->lost() - start_.lost;
    const std::uint64_t passed = side_->next_position() - start_.position;
    world_.findings.expect(delivered_ + side_->stepped_over() + lost + side_->skipped() == passed,
                           "{} has {} delivered, {} stepped over, {} lost and {} skipped, which are not {}", name(),
                           delivered_, side_->stepped_over(), lost, side_->skipped(), passed);
    world_.findings.expect(is_lossy() || lost == 0, "{} loses {} positions", name(), lost);
}

void Reader::check_keeps_place(layout::Position unreleased) const {
    world_.findings.expect(
        !any_held([=](const ring::Received& m) { return layout::distance(m.position, unreleased) < 0; }),
        "{} begins anew at {}, above what it held", name(), number_of(unreleased));
    world_.findings.expect(has_had_all_before(unreleased), "{} begins anew at {}, and was handed {} last", name(),
                           number_of(unreleased), number_of(next_ - 1));
}

bool Reader::has_had_all_before(layout::Position end) const noexcept {
    if (is_lossy() || (side_ && side_->skipped() != skipped_)) return true;
    for (layout::Position position = next_; layout::distance(position, end) < 0; ++position) {
        if (world_.ledger.fate_of(position) != Fate::tombstone) return false;
    }
    return true;
}

}  // namespace ringview::explore
