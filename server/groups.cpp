#include "groups.hpp"

#include <algorithm>
#include <bit>

#include <ringview/platform/clock.hpp>
#include <ringview/platform/error.hpp>
#include <ringview/ring/lag_time.hpp>
#include <ringview/ring/wake.hpp>

namespace ringview::server {
namespace {

constexpr std::uint64_t bit_of(unsigned index) {
    return std::uint64_t{1} << index;
}

}  // namespace

std::optional<unsigned> Groups::find(const std::string& name) const {
    for (unsigned i = 0; i < groups_.size(); ++i) {
        if (groups_[i] && groups_[i]->name == name) return i;
    }
    return std::nullopt;
}

std::string Groups::name_of(unsigned group) const {
    return group < groups_.size() && groups_[group] ? groups_[group]->name : std::string{};
}

void Groups::write_record(unsigned group, layout::MemberState state) {
    const Group& g = *groups_[group];
    auto& record = memory_.group_record(group);
    record.flags = g.is_durable ? static_cast<std::uint32_t>(layout::member_durable) : 0U;
    record.uid = g.owner;
    record.name_bytes = static_cast<std::uint32_t>(g.name.size());
    record.name = {};
    std::copy(g.name.begin(), g.name.end(), record.name.begin());
    record.state.store(static_cast<std::uint32_t>(state), std::memory_order_release);
}

Groups::Begun Groups::begin(const std::string& name, bool is_durable, uid_t owner, const StartAt& at) {
    const auto place = std::find(groups_.begin(), groups_.end(), std::nullopt);
    if (place == groups_.end()) {
        throw Error(Error::quota,
                    "ring " + ring_name_ + " has " + std::to_string(groups_.size()) + " groups, which is the most",
                    "give one up (ringview unsubscribe), or join one of them");
    }
    const auto group = static_cast<unsigned>(place - groups_.begin());
    *place = Group{name, is_durable, owner};
    write_record(group, layout::MemberState::away);
    if (!at.position) return {group, {ring::begin_group(memory_, group, join_at(at.start)), 0}};
    const layout::Position position = ring::begin_group_at(memory_, group, *at.position);
    return {group, {position, position - *at.position}};
}

void Groups::add_member(unsigned group, unsigned subscription) {
    ring::join_group(memory_, group, subscription);
    groups_[group]->members |= bit_of(subscription);
    write_record(group, layout::MemberState::active);
}

std::uint64_t Groups::remove_member(unsigned group, unsigned subscription) {
    Group& g = *groups_[group];
    g.members &= ~bit_of(subscription);
    g.gone |= bit_of(subscription);
    ring::recover_member(memory_, group, subscription);
    if (g.members == 0 && !g.is_durable) return end(group);
    if (g.members == 0) {
        write_record(group, layout::MemberState::away);
        // Members that die one after another, each at its first message, would else keep a place each.
        ring::gather_orphans(memory_, g.gone);
    }
    return settle();
}

std::uint64_t Groups::settle() {
    std::uint64_t free = 0;
    for (unsigned i = 0; i < groups_.size(); ++i) {
        if (!groups_[i]) continue;
        std::uint64_t settled = 0;
        ring::for_each_bit(groups_[i]->gone, layout::max_subscriptions, [&](unsigned subscription) {
            if (ring::settle_orphan(memory_, i, subscription)) settled |= bit_of(subscription);
        });
        groups_[i]->gone &= ~settled;
        free |= settled;
    }
    return free;
}

bool Groups::is_unsettled() const noexcept {
    return std::any_of(groups_.begin(), groups_.end(),
                       [](const auto& group) { return group && group->gone != 0 && group->members != 0; });
}

std::uint64_t Groups::end(unsigned group) {
    const std::uint64_t free = groups_[group]->gone;
    ring::end_group(memory_, group);
    memory_.group_record(group).state.store(static_cast<std::uint32_t>(layout::MemberState::free),
                                            std::memory_order_release);
    groups_[group].reset();
    return free;
}

void Groups::append_to(std::vector<GroupInfo>& infos) const {
    const auto now_ns = static_cast<std::uint64_t>(platform::monotonic_ns());
    for (unsigned i = 0; i < groups_.size(); ++i) {
        if (!groups_[i]) continue;
        const Group& g = *groups_[i];
        const ring::GroupSnapshot s = ring::observe_group(memory_, i);
        infos.push_back({i, g.name, g.owner, g.is_durable, static_cast<unsigned>(std::popcount(g.members)), s.next,
                         s.pos, s.lag, ring::observe_group_lag_ns(memory_, i, now_ns), s.gone, s.left_behind});
    }
}

}  // namespace ringview::server
