#pragma once

#include <cstdint>

#include "member.hpp"
#include "places.hpp"

namespace ringview::explore {

/// What the daemon does for the ring's group, if it has one.
class GroupDuties {
 public:
    GroupDuties(World& world, Places& places);

    /// If there are not too many.
    void admit_one();
    void bury(const Member& member);
    /// Frees the places of members that have gone and of which nothing is left.
    void settle();
    void dismiss_all();

    /// A last member takes what is left: each message has come to one that lived to release it.
    void check_all_is_done();
    void end();

 private:
    bool exists() const noexcept { return world_.scenario.has_group; }
    Member& admit(unsigned place);
    void recover(unsigned place);
    void check_done(layout::Position end) const;

    World& world_;
    Places& places_;
    layout::Position start_ = 0;
    std::uint64_t members_ = 0;  ///< a bit each
    std::uint64_t gone_ = 0;     ///< a bit for each place that is taken by what a member has left
};

}  // namespace ringview::explore
