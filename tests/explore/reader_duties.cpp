#include "reader_duties.hpp"

#include <ringview/ring/eviction.hpp>
#include <ringview/ring/head.hpp>
#include <ringview/ring/membership.hpp>

namespace ringview::explore {
namespace {

layout::MemberPolicy policy_of(ring::Overrun kind) {
    return kind == ring::Overrun::laps_us ? layout::MemberPolicy::lossy : layout::MemberPolicy::lossless;
}

}  // namespace

void ReaderDuties::admit_one() {
    if (living().size() + away_.size() >= world_.scenario.readers) return;
    const auto place = places_.take();
    if (!place) return;
    const ring::Overrun kind = draw_kind();
    const auto at = static_cast<ring::JoinAt>(world_.chance.below(3));
    world_.ring.set_state(*place, layout::MemberState::active);
    const layout::Position start = ring::join(world_.ring.daemon(), *place, policy_of(kind), at);
    if (at == ring::JoinAt::oldest) check_history(start);
    const bool is_durable = world_.chance.one_in(2);
    const Reader& reader = world_.add<Reader>(*place, kind, Start{start}, is_durable);
    world_.findings.trace("{} comes, at {}", reader.name(), world_.number_of(start));
}

/// Whoever comes as late as that finds what the ring is to keep.
void ReaderDuties::check_history(layout::Position oldest) const {
    const ring::DaemonRing daemon = world_.ring.daemon();
    const layout::Geometry& geometry = daemon.geometry();
    const layout::Position kept = layout::later(geometry.first_position, ring::find_head(daemon) - geometry.history);
    world_.findings.expect(layout::distance(oldest, kept) <= 0, "the oldest position is {}, not {}",
                           world_.number_of(oldest), world_.number_of(kept));
}

ring::Overrun ReaderDuties::draw_kind() {
    if (world_.scenario.has_lossy_readers && world_.chance.one_in(2)) return ring::Overrun::laps_us;
    return world_.scenario.has_evictions ? ring::Overrun::evicts_us : ring::Overrun::never;
}

void ReaderDuties::bury(const Reader& reader) {
    if (reader.is_durable()) {
        go_away(reader);
    } else {
        leave(reader.place());
    }
}

void ReaderDuties::go_away(const Reader& reader) {
    const ring::DaemonRing daemon = world_.ring.daemon();
    ring::go_away(daemon, reader.place());
    const layout::Position unreleased =
        ring::unreleased_from(daemon.cursor(reader.place()).pos.load(), reader.evicted_at());
    reader.check_keeps_place(unreleased);
    away_.push_back({reader.place(), reader.kind(), unreleased});
}

void ReaderDuties::leave(unsigned place) {
    ring::leave(world_.ring.daemon(), place);
    places_.free(place);
}

void ReaderDuties::see_to_one_away() {
    if (away_.empty()) return;
    const auto one = away_.begin() + static_cast<std::ptrdiff_t>(world_.chance.below(away_.size()));
    if (world_.chance.one_in(8)) return evict(*one);
    const Away away = *one;
    away_.erase(one);
    if (world_.chance.one_in(4)) {
        leave(away.place);
    } else {
        come_back(away);
    }
}

void ReaderDuties::come_back(const Away& away) {
    const ring::DaemonRing daemon = world_.ring.daemon();
    const bool is_kept = (daemon.state().membership.lossless.load() >> away.place & 1) != 0;
    world_.ring.set_state(away.place, layout::MemberState::active);
    const layout::Position start = ring::join_at(daemon, away.place, policy_of(away.kind), away.unreleased);
    world_.findings.expect(!is_kept || start == away.unreleased, "subscription {} comes back at {}, not at {}",
                           away.place, world_.number_of(start), world_.number_of(away.unreleased));
    const Reader& reader = world_.add<Reader>(away.place, away.kind, Start{start, start - away.unreleased}, true);
    world_.findings.trace("{} comes back, at {}", reader.name(), world_.number_of(start));
    ++world_.counts.returns;
}

void ReaderDuties::evict_one() {
    if (!world_.scenario.has_evictions || !world_.chance.one_in(4)) return;
    for (Reader* const reader : living()) {
        const bool may_be = reader->kind() == ring::Overrun::evicts_us && !reader->evicted_at();
        if (may_be && world_.chance.one_in(2)) return evict(*reader);
    }
}

void ReaderDuties::evict(Reader& reader) {
    const auto marks =
        world_.scenario.mistake == Mistake::ignores_marks ? ring::HeldMarks::none : ring::HeldMarks::stored;
    const auto unreleased = ring::evict(world_.ring.daemon(), world_.ring.barrier(), reader.place(), marks);
    world_.findings.expect(unreleased.has_value(), "{} cannot be evicted", reader.name());
    world_.findings.trace("{} is evicted", reader.name());
    reader.note_evicted(unreleased.value_or(0));
    ++world_.counts.evictions;
}

/// Of a lossless one nobody holds anything. It comes back where the ring is by then.
void ReaderDuties::evict(Away& away) {
    const ring::DaemonRing daemon = world_.ring.daemon();
    if ((daemon.state().membership.lossless.load() >> away.place & 1) == 0) return;
    const auto unreleased = ring::evict(daemon, world_.ring.barrier(), away.place, ring::HeldMarks::none);
    world_.findings.expect(unreleased == away.unreleased, "subscription {} is evicted elsewhere", away.place);
    world_.findings.trace("subscription {} is evicted, away", away.place);
}

void ReaderDuties::settle_evicted() {
    for (const Reader* const reader : living()) {
        if (reader->evicted_at()) ring::settle_evicted(world_.ring.daemon(), reader->place());
    }
}

void ReaderDuties::dismiss_all() {
    for (Reader* const reader : living()) {
        reader->die();
        leave(reader->place());
    }
    for (const Away& away : away_) leave(away.place);
    away_.clear();
}

std::vector<Reader*> ReaderDuties::living() const {
    std::vector<Reader*> found;
    for (const auto& client : world_.clients) {
        auto* const reader = dynamic_cast<Reader*>(client.get());
        if (reader != nullptr && reader->is_alive()) found.push_back(reader);
    }
    return found;
}

}  // namespace ringview::explore
