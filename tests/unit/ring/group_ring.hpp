#pragma once

#include <ringview/ring/group.hpp>
#include <ringview/ring/group_member.hpp>

#include "ring_fixture.hpp"

namespace ringview::test {

using Member = ring::GroupMember<>;

inline constexpr unsigned group = 3;

/// The daemon's part, on a ring in plain memory.
class GroupRing {
 public:
    explicit GroupRing(const layout::RingParameters& p, ring::JoinAt at = ring::JoinAt::next) : ring(p) {
        start = ring::begin_group(ring.daemon(), group, at);
    }
    Member member(unsigned subscription) const { return member_of<Member>(group, subscription); }
    template <class Kind>
    Kind member_of(unsigned some_group, unsigned subscription) const {
        ring.set_state(subscription, layout::MemberState::active);
        ring::join_group(ring.daemon(), some_group, subscription);
        return Kind({{ring.geometry(), ring.bytes().slots().data(), ring.bytes().cursors().data()},
                     ring.barrier(),
                     subscription,
                     start},
                    some_group);
    }
    void die(unsigned subscription) const { ring::recover_member(ring.daemon(), group, subscription); }
    bool settle(unsigned subscription) const { return ring::settle_orphan(ring.daemon(), group, subscription); }
    ring::GroupSnapshot snapshot() const { return ring::observe_group(ring.daemon(), group); }

    InProcessRing<> ring;
    layout::Position start = 0;
};

}  // namespace ringview::test
