#pragma once

#include <cstdint>
#include <optional>

#include <fmt/core.h>
#include <ringview/ring/group_member.hpp>

#include "reading.hpp"

namespace ringview::explore {

inline constexpr unsigned group = 3;

/// A member of the ring's group: has each message that no other one has had, and others as redelivered.
class Member : public Reading<ring::GroupMember<Stepped>> {
 public:
    Member(World& world, unsigned subscription, layout::Position group_start)
        : Reading(world, fmt::format("member {}", subscription), subscription), group_start_(group_start) {}

 private:
    void attach(std::optional<ring::GroupMember<Stepped>>& side) override {
        side.emplace(ring::Admission<Stepped>{world_.readable(), world_.ring.barrier(), place(), group_start_}, group);
    }
    void note_taken(const ring::Received& message) override {
        world_.counts.redeliveries += message.is_redelivered ? 1 : 0;
        world_.findings.expect(message.is_redelivered || world_.ledger.note_handed_out(message.position),
                               "{} is handed {}, which another member has had", name(), number_of(message.position));
    }
    void note_releasing(const ring::Received& message) override { world_.ledger.note_done(message.position); }

    layout::Position group_start_;
};

}  // namespace ringview::explore
