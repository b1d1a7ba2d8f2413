#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <vector>

#include <ringview/ring/group_member.hpp>

namespace ringview::test {

enum class Fate { claimed, message, too_short, tombstone };

/// What became of every position of a ring, by its distance from the first.
struct Stream {
    layout::Position first = 0;
    std::vector<Fate> fates;

    std::uint64_t size() const { return fates.size(); }
    bool is(std::uint64_t position, Fate fate) const { return position < size() && fates[position] == fate; }
    bool is_claimed(std::uint64_t position) const { return position >= size() || is(position, Fate::claimed); }
};

/// What a member has counted, or several.
struct MemberCounts {
    std::uint64_t delivered = 0;
    std::uint64_t redelivered = 0;
    std::uint64_t stepped_over = 0;
    std::uint64_t lost = 0;
    std::uint64_t again = 0;  ///< positions that somebody else had claimed before, messages or not

    MemberCounts& operator+=(const MemberCounts& other) {
        delivered += other.delivered;
        redelivered += other.redelivered;
        stepped_over += other.stepped_over;
        lost += other.lost;
        again += other.again;
        return *this;
    }
};

/// Of a group: for one member after the other.
struct MemberPlace {
    std::optional<ring::GroupMember<>> member{};
    std::set<std::uint64_t> held{};
    std::set<std::uint64_t> taken{};      ///< all that this member has ever had
    std::vector<ring::Received> batch{};  ///< while all of it is held
    MemberCounts counts{};                ///< of the member
    bool is_orphan = false;               ///< its member is gone and the place not free yet
    std::deque<std::uint64_t> left{};     ///< what that left behind, in the order in which others take it
    std::uint64_t told_lost = 0;
};

}  // namespace ringview::test
