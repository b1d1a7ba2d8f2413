#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <ringview/control/ring_info.hpp>
#include <ringview/layout/limits.hpp>
#include <ringview/ring/group.hpp>

#include "access.hpp"
#include "start_at.hpp"

namespace ringview::server {

/// The groups of a ring, and which subscriptions are members of them. One that is durable stays when its last member
/// goes: it holds producers at the first message that none has released. Any other ends then.
class Groups {
 public:
    struct Group {
        std::string name{};
        bool is_durable = false;
        uid_t owner = 0;            ///< who declared it, or was its first member
        std::uint64_t members = 0;  ///< a bit per subscription whose consumer is there
        std::uint64_t gone = 0;     ///< a bit per subscription whose consumer is not, and whose place is not free yet
    };

    /// `memory` must outlive this.
    Groups(std::string ring_name, const ring::DaemonRing& memory) : ring_name_(std::move(ring_name)), memory_(memory) {}

    std::optional<unsigned> find(const std::string& name) const;
    const Group& operator[](unsigned group) const { return *groups_[group]; }
    /// Empty where there is none.
    std::string name_of(unsigned group) const;

    struct Begun {
        unsigned group = 0;
        Beginning start{};
    };
    /// Error::quota where there are 32.
    Begun begin(const std::string& name, bool is_durable, uid_t owner, const StartAt& at);
    /// The subscription's consumer is there.
    void add_member(unsigned group, unsigned subscription);
    /// It is there no more: the others are handed what it had. Ends the group where nobody needs it any more. Returns
    /// the subscriptions whose places are free, a bit each.
    std::uint64_t remove_member(unsigned group, unsigned subscription);
    /// Of members that are gone: those that have left nothing, or whose messages others have by now. A bit each.
    std::uint64_t settle();
    /// Whether settle() may find more after a while: where messages of members that are gone wait for some that are
    /// there.
    bool is_unsettled() const noexcept;
    /// With all messages that wait in it. It has no members. Returns the places that are free.
    std::uint64_t end(unsigned group);

    ring::SubscriptionSnapshot observe_member(unsigned group, unsigned subscription) const {
        return ring::observe_member(memory_, group, subscription);
    }
    void append_to(std::vector<GroupInfo>& infos) const;

 private:
    void write_record(unsigned group, layout::MemberState state);

    std::string ring_name_;
    ring::DaemonRing memory_;
    std::array<std::optional<Group>, layout::max_groups> groups_{};
};

}  // namespace ringview::server
