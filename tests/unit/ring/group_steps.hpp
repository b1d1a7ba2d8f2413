#pragma once

#include <rapidcheck.h>

#include <array>
#include <cstdint>
#include <ostream>

namespace ringview::test {

inline constexpr unsigned model_producers = 3;
inline constexpr unsigned model_groups = 2;

enum class GroupAct {
    reserve,
    publish,
    abandon,
    begin,
    end,
    join,
    leave,
    recover_again,
    settle,
    next,
    next_batch,
    release,
    release_batch,
    lossless,
    lossy
};

struct GroupStep {
    GroupAct act;
    unsigned group;
    unsigned who;          ///< of a group's places, or of the producers
    std::uint64_t choice;  ///< how many, or which
};

inline std::ostream& operator<<(std::ostream& out, const GroupStep& step) {
    static constexpr std::array names{"reserve",    "publish", "abandon",       "begin",    "end",
                                      "join",       "leave",   "recover_again", "settle",   "next",
                                      "next_batch", "release", "release_batch", "lossless", "lossy"};
    return out << names[static_cast<std::size_t>(step.act)] << "(" << step.group << ", " << step.who << ", "
               << step.choice << ")";
}

inline rc::Gen<GroupStep> any_group_step() {
    const auto act = rc::gen::weightedElement<GroupAct>({{9, GroupAct::reserve},
                                                         {9, GroupAct::publish},
                                                         {3, GroupAct::abandon},
                                                         {2, GroupAct::begin},
                                                         {1, GroupAct::end},
                                                         {6, GroupAct::join},
                                                         {3, GroupAct::leave},
                                                         {1, GroupAct::recover_again},
                                                         {4, GroupAct::settle},
                                                         {16, GroupAct::next},
                                                         {8, GroupAct::next_batch},
                                                         {20, GroupAct::release},
                                                         {10, GroupAct::release_batch},
                                                         {14, GroupAct::lossless},
                                                         {4, GroupAct::lossy}});
    // The first group and its first members do most.
    const auto group = rc::gen::weightedElement<unsigned>({{3, 0}, {1, 1}});
    return rc::gen::construct<GroupStep>(act, group, rc::gen::inRange(0U, model_producers),
                                         rc::gen::inRange<std::uint64_t>(0, 1000));
}

}  // namespace ringview::test
