#include "group_duties.hpp"

#include <bit>

#include <ringview/ring/group.hpp>
#include <ringview/ring/head.hpp>
#include <ringview/ring/wake.hpp>

namespace ringview::explore {
namespace {

constexpr unsigned last_place = 40;  ///< which nobody takes

}  // namespace

GroupDuties::GroupDuties(World& world, Places& places) : world_(world), places_(places) {
    if (exists()) start_ = ring::begin_group(world.ring.daemon(), group, ring::JoinAt::next);
}

void GroupDuties::admit_one() {
    if (!exists() || static_cast<std::uint64_t>(std::popcount(members_)) >= world_.scenario.members) return;
    if (const auto place = places_.take()) admit(*place);
}

Member& GroupDuties::admit(unsigned place) {
    world_.ring.set_state(place, layout::MemberState::active);
    ring::join_group(world_.ring.daemon(), group, place);
    members_ |= ring::bit_of(place);
    world_.findings.trace("member {} comes", place);
    return world_.add<Member>(place, start_);
}

void GroupDuties::bury(const Member& member) {
    recover(member.place());
}

void GroupDuties::recover(unsigned place) {
    const ring::DaemonRing daemon = world_.ring.daemon();
    members_ &= ~ring::bit_of(place);
    gone_ |= ring::bit_of(place);
    if (world_.scenario.mistake != Mistake::forgets_what_is_held) ring::recover_member(daemon, group, place);
    if (members_ == 0) ring::gather_orphans(daemon, gone_);
    settle();
}

void GroupDuties::settle() {
    ring::for_each_bit(gone_, layout::max_subscriptions, [&](unsigned place) {
        if (!ring::settle_orphan(world_.ring.daemon(), group, place)) return;
        gone_ &= ~ring::bit_of(place);
        places_.free(place);
    });
}

void GroupDuties::dismiss_all() {
    for (const auto& client : world_.clients) {
        if (client->is_alive() && dynamic_cast<const Member*>(client.get()) != nullptr) {
            client->die();
            recover(client->place());
        }
    }
}

void GroupDuties::check_all_is_done() {
    if (!exists()) return;
    Member& last = admit(last_place);
    // It ends only with an exploration, so it is given the time for everything that there can be.
    world_.is_ending = false;
    for (std::uint64_t turn = 0; turn < 64 * world_.scenario.ring.slots; ++turn) last.go_on(16);
    world_.is_ending = true;
    while (!last.is_through()) last.go_on(1);
    settle();
    check_done(ring::find_head(world_.ring.daemon()));
}

void GroupDuties::check_done(layout::Position end) const {
    for (layout::Position position = start_; position != end; ++position) {
        world_.findings.expect(world_.ledger.fate_of(position) != Fate::message || world_.ledger.is_done(position),
                               "no member of the group has released {}", world_.number_of(position));
    }
    const ring::GroupSnapshot seen = ring::observe_group(world_.ring.daemon(), group);
    world_.findings.expect(seen.lag == 0 && seen.left_behind == 0, "the group lags {} behind, and {} are left",
                           seen.lag, seen.left_behind);
}

void GroupDuties::end() {
    if (exists()) ring::end_group(world_.ring.daemon(), group);
}

}  // namespace ringview::explore
