#include <bit>

#include <ringview/control/codec.hpp>
#include <ringview/platform/error.hpp>
#include <ringview/ring/wake.hpp>

#include "member_record.hpp"
#include "subscriptions.hpp"

/// The subscriptions that are members of groups.
namespace ringview::server {

void Subscriptions::check_no_group(const std::string& name) const {
    if (!groups_.find(name)) return;
    throw Error(Error::exists, "ring " + ring_name_ + " has a group " + name,
                "choose another name, or be a member of it (.group, --group)");
}

void Subscriptions::check_group_name(const std::string& name) const {
    if (!find(name)) return;
    throw Error(Error::exists, "ring " + ring_name_ + " has a subscription " + name + ", which is no group",
                "choose another name");
}

void Subscriptions::check_can_have_groups(Policy policy) const {
    if (policy == Policy::lossy)
        throw Error(Error::invalid, "a group is lossless: each of its messages goes to one member",
                    "leave the policy out, or subscribe lossy without a group");
    if (marks_ == ring::HeldMarks::stored)
        throw Error(Error::unsupported,
                    "ring " + ring_name_ + " has a stall_timeout, and members of groups are not evicted",
                    "use a ring without one");
}

void Subscriptions::check_may_join(const control::AttachConsumerRequest& request) const {
    check_can_have_groups(request.policy);
    const auto group = groups_.find(request.group);
    if (!group) {
        check_group_name(request.group);
        if (request.start_position) check_start_position(*request.start_position);
    } else if (request.durable && !groups_[*group].is_durable) {
        throw Error(Error::exists, group_text(request.group) + " is there and not durable",
                    "join it as it is, or choose another name");
    }
    if (request.name == request.group)
        throw Error(Error::exists, "a member cannot have the name of its group, " + request.group,
                    "choose another name");
    check_no_group(request.name);
    if (const auto other = find(request.name)) {
        const auto& consumer = places_[*other]->consumer;
        throw Error(Error::exists,
                    "ring " + ring_name_ + " has a subscription " + request.name + " already" +
                        (consumer ? ", held by " + holder_text(*consumer, request.name) : std::string{}),
                    "choose another name");
    }
}

control::AttachReply Subscriptions::attach_member(const ClientProcess& process,
                                                  const control::AttachConsumerRequest& request,
                                                  std::uint64_t endpoint) {
    check_may_join(request);
    const unsigned index = free_place();
    const std::string name = request.name.empty() ? free_name(process, request.group) : request.name;
    const auto existing = groups_.find(request.group);
    Beginning start;
    unsigned group = existing.value_or(0);
    if (existing) {
        start.position = ring::observe_group(memory_, group).next;
    } else {
        const Groups::Begun begun =
            groups_.begin(request.group, request.durable, process.peer.uid, {request.start, request.start_position});
        group = begun.group;
        start = begun.start;
    }
    places_[index] = Subscription{name, Policy::lossless, false, process.peer.uid, process};
    places_[index]->group = group;
    write_record(index, layout::MemberState::active, endpoint);
    memory_.subscription_record(index).start_position = start.position;
    groups_.add_member(group, index);
    memory_.cursor(index).lost.store(start.lost, std::memory_order_relaxed);  // its consumer counts on from there
    return {endpoint, index, start.position, name, start.lost, false, group};
}

/// Its name is free at once, its place when the others have taken over what it had.
void Subscriptions::detach_member(unsigned index) {
    const unsigned group = *places_[index]->group;
    places_[index]->consumer.reset();
    places_[index]->name.clear();
    write_record(index, layout::MemberState::away, 0);
    free_places(groups_.remove_member(group, index));
}

void Subscriptions::free_places(std::uint64_t indexes) {
    ring::for_each_bit(indexes, layout::max_subscriptions, [&](unsigned index) {
        free_record(memory_.subscription_record(index));
        places_[index].reset();
    });
}

bool Subscriptions::settle_members() {
    free_places(groups_.settle());
    return !groups_.is_unsettled();
}

control::SubscribeReply Subscriptions::declare_group(const Peer& peer, const control::SubscribeRequest& request) {
    check_can_have_groups(request.policy);
    if (const auto existing = groups_.find(request.group)) {
        if (!groups_[*existing].is_durable)
            throw Error(Error::exists, group_text(request.group) + " is there and not durable", "choose another name");
        return {false, ring::observe_group(memory_, *existing).pos};
    }
    check_group_name(request.group);
    if (request.start_position) check_start_position(*request.start_position);
    const Groups::Begun begun = groups_.begin(request.group, true, peer.uid, {request.start, request.start_position});
    return {true, begun.start.position};
}

/// False where there is no such group.
bool Subscriptions::give_up_group(const Peer& peer, const std::string& name, bool may_manage) {
    const auto group = groups_.find(name);
    if (!group) return false;
    const Groups::Group& g = groups_[*group];
    check_may_give_up(peer, group_text(name), g.owner, may_manage);
    if (g.members != 0) {
        const auto& member = *places_[static_cast<unsigned>(std::countr_zero(g.members))];
        throw Error(Error::busy,
                    group_text(name) + " has " + std::to_string(std::popcount(g.members)) + " members, one of them " +
                        holder_text(*member.consumer, member.name),
                    "end those processes first");
    }
    free_places(groups_.end(*group));
    return true;
}

}  // namespace ringview::server
