#include "subscriptions.hpp"

#include <algorithm>
#include <utility>

#include <ringview/control/codec.hpp>
#include <ringview/platform/clock.hpp>
#include <ringview/platform/error.hpp>
#include <ringview/ring/lag_time.hpp>

#include "member_record.hpp"

namespace ringview::server {
namespace {

layout::MemberPolicy member_policy(Policy policy) {
    return policy == Policy::lossy ? layout::MemberPolicy::lossy : layout::MemberPolicy::lossless;
}

}  // namespace

std::optional<unsigned> Subscriptions::find(const std::string& name) const {
    // The place of a member that is gone, and whose messages wait for another, has no name.
    if (name.empty()) return std::nullopt;
    for (unsigned i = 0; i < places_.size(); ++i) {
        if (places_[i] && places_[i]->name == name) return i;
    }
    return std::nullopt;
}

std::string Subscriptions::free_name(const ClientProcess& process, const std::string& group) const {
    const std::string base = "consumer-" + std::to_string(process.identity.pid);
    std::string name = base;
    for (unsigned i = 2; name == group || find(name) || groups_.find(name); ++i) name = base + "-" + std::to_string(i);
    return name;
}

void Subscriptions::check_start_position(layout::Position position) const {
    const layout::Position first = memory_.geometry().first_position;
    const layout::Position head = ring::observe_ring(memory_).head;
    if (position - first <= head - first) return;
    throw Error(Error::invalid,
                "position " + std::to_string(position) + " is above the head of ring " + ring_name_ + ", which is " +
                    std::to_string(head),
                "begin at head, or lower; a ring that was made anew counts from 0 again");
}

void Subscriptions::check_is_free(const Subscription& subscription, Policy policy) const {
    const std::string what = "ring " + ring_name_ + " has a subscription " + subscription.name;
    if (subscription.consumer) {
        throw Error(Error::exists, what + " already, held by " + holder_text(*subscription.consumer, subscription.name),
                    "choose another name");
    }
    if (subscription.policy == policy) return;
    throw Error(Error::exists,
                what + " that is " + control::policy_name(subscription.policy) + "; " + control::policy_name(policy) +
                    " was asked for",
                "ask for the policy that it has, or give it up first (ringview unsubscribe " + ring_name_ + " " +
                    subscription.name + ")");
}

void Subscriptions::write_record(unsigned index, layout::MemberState state, std::uint64_t endpoint) {
    const Subscription& subscription = *places_[index];
    auto& record = memory_.subscription_record(index);
    record.policy = static_cast<std::uint32_t>(member_policy(subscription.policy));
    record.flags = subscription.group        ? static_cast<std::uint32_t>(layout::member_of_group)
                   : subscription.is_durable ? static_cast<std::uint32_t>(layout::member_durable)
                                             : 0U;
    record.group = subscription.group ? *subscription.group + 1U : 0U;
    const ClientProcess nobody{{}, {}, {subscription.owner, 0, {}}};
    write_member(record, subscription.consumer.value_or(nobody), subscription.name, endpoint, state);
}

unsigned Subscriptions::free_place() {
    settle_members();
    const auto place = std::find(places_.begin(), places_.end(), std::nullopt);
    if (place == places_.end()) {
        // Those are not among what stat shows.
        const auto dead =
            std::count_if(places_.begin(), places_.end(), [](const auto& p) { return p->group && !p->consumer; });
        throw Error(Error::quota,
                    "ring " + ring_name_ + " has " + std::to_string(places_.size()) +
                        " subscriptions, which is the most" +
                        (dead == 0 ? std::string{}
                                   : "; " + std::to_string(dead) +
                                         " are members of groups that are gone, and what they left waits for others"),
                    dead == 0 ? "end consumers, or give durable subscriptions up (ringview unsubscribe)"
                              : "see to it that the members that live take messages, or give the group up");
    }
    return static_cast<unsigned>(place - places_.begin());
}

unsigned Subscriptions::make(const Subscription& subscription) {
    const unsigned index = free_place();
    places_[index] = subscription;
    return index;
}

Beginning Subscriptions::join(unsigned index, const StartAt& at) {
    const layout::MemberPolicy policy = member_policy(places_[index]->policy);
    if (!at.position) return {ring::join(memory_, index, policy, join_at(at.start)), 0};
    const layout::Position position = ring::join_at(memory_, index, policy, *at.position);
    return {position, position - *at.position};
}

/// At the first message that was not released. A consumer that wrote nonsense there begins at head.
Beginning Subscriptions::resume(unsigned index) {
    const layout::Position first = memory_.geometry().first_position;
    const layout::Position head = ring::observe_ring(memory_).head;
    const layout::Position pos = pos_of(index);
    places_[index]->evicted_at.reset();
    return join(index, {ringview::Start::next, pos - first <= head - first ? pos : head});
}

/// Eviction changes the word to wake producers; its consumer may still move it up.
layout::Position Subscriptions::pos_of(unsigned index) const {
    return ring::unreleased_from(memory_.cursor(index).pos.load(std::memory_order_acquire), places_[index]->evicted_at);
}

control::AttachReply Subscriptions::attach(const ClientProcess& process, const control::AttachConsumerRequest& request,
                                           std::uint64_t endpoint) {
    if (!request.group.empty()) return attach_member(process, request, endpoint);
    if (request.durable && request.name.empty())
        throw Error(Error::invalid, "a durable subscription needs a name, by which its consumer finds it again",
                    "give it one (.name, --name)");
    const std::string name = request.name.empty() ? free_name(process) : request.name;
    check_no_group(name);
    const auto existing = find(name);
    if (existing) {
        check_is_free(*places_[*existing], request.policy);
    } else if (request.start_position) {
        check_start_position(*request.start_position);
    }
    const unsigned index =
        existing ? *existing : make({name, request.policy, request.durable, process.peer.uid, std::nullopt});
    places_[index]->consumer = process;
    write_record(index, layout::MemberState::active, endpoint);
    const Beginning start = existing ? resume(index) : join(index, {request.start, request.start_position});
    memory_.subscription_record(index).start_position = start.position;
    return {endpoint, index, start.position, name, start.lost};
}

void Subscriptions::detach(unsigned index) {
    auto& place = places_[index];
    if (place->group) return detach_member(index);
    if (place->is_durable) {
        place->consumer.reset();
        place->standing.reset();
        ring::go_away(memory_, index);
        write_record(index, layout::MemberState::away, 0);
        return;
    }
    ring::leave(memory_, index);
    free_record(memory_.subscription_record(index));
    place.reset();
}

control::SubscribeReply Subscriptions::subscribe(const Peer& peer, const control::SubscribeRequest& request) {
    if (!request.group.empty()) return declare_group(peer, request);
    check_no_group(request.name);
    if (const auto existing = find(request.name)) {
        const Subscription& subscription = *places_[*existing];
        if (!subscription.is_durable || subscription.policy != request.policy)
            check_is_free(subscription, request.policy);
        return {false, pos_of(*existing)};
    }
    if (request.start_position) check_start_position(*request.start_position);
    const unsigned index = make({request.name, request.policy, true, peer.uid, std::nullopt});
    write_record(index, layout::MemberState::away, 0);
    const Beginning start = join(index, {request.start, request.start_position});
    memory_.subscription_record(index).start_position = start.position;
    ring::go_away(memory_, index);
    return {true, start.position};
}

void Subscriptions::check_may_give_up(const Peer& peer, const std::string& what, uid_t owner, bool may_manage) const {
    if (may_manage || owner == peer.uid) return;
    throw Error(Error::denied,
                "uid " + std::to_string(peer.uid) + " may not give up " + what + ", which uid " +
                    std::to_string(owner) + " has declared",
                "whoever may manage the ring can");
}

void Subscriptions::unsubscribe(const Peer& peer, const std::string& name, bool may_manage) {
    if (give_up_group(peer, name, may_manage)) return;
    const auto index = find(name);
    if (!index || !places_[*index]->is_durable) {
        throw Error(Error::not_found, "ring " + ring_name_ + " has no durable subscription or group " + name,
                    "`ringview stat " + ring_name_ + "` shows those there are");
    }
    const Subscription& subscription = *places_[*index];
    check_may_give_up(peer, "subscription " + name + " of ring " + ring_name_, subscription.owner, may_manage);
    if (subscription.consumer) {
        throw Error(Error::busy,
                    "subscription " + name + " of ring " + ring_name_ + " is in use by " +
                        holder_text(*subscription.consumer, name),
                    "end that process first");
    }
    ring::leave(memory_, *index);
    free_record(memory_.subscription_record(*index));
    places_[*index].reset();
}

bool Subscriptions::evict(unsigned index, const ring::Barrier& barrier, ring::HeldMarks marks) {
    Subscription& subscription = *places_[index];
    const auto unreleased = ring::evict(memory_, barrier, index, marks);
    if (!unreleased) return false;
    subscription.evicted_at = unreleased;
    subscription.standing.reset();
    if (!subscription.consumer) write_record(index, layout::MemberState::away, 0);
    return true;
}

void Subscriptions::evict(const std::string& name, const ring::Barrier& barrier, bool force) {
    const auto index = find(name);
    if (groups_.find(name) || (index && places_[*index]->group)) {
        const unsigned group = index ? *places_[*index]->group : *groups_.find(name);
        throw Error(Error::unsupported,
                    (index ? name + " is a member of a group: " : std::string{}) + group_text(groups_[group].name) +
                        " cannot be evicted",
                    index ? "end that process, and the others take over what it has"
                          : "give it up (ringview unsubscribe), or add members");
    }
    if (!index) {
        throw Error(Error::not_found, "ring " + ring_name_ + " has no subscription " + name,
                    "`ringview stat " + ring_name_ + "` shows those there are");
    }
    const Subscription& subscription = *places_[*index];
    const std::string what = "subscription " + name + " of ring " + ring_name_;
    if (subscription.policy == Policy::lossy) throw Error(Error::invalid, what + " is lossy: no producer waits for it");
    if (subscription.evicted_at) return;
    const bool is_unprotected = marks_ == ring::HeldMarks::none && subscription.consumer;
    if (is_unprotected && !force) {
        throw Error(Error::unsupported,
                    what + " has a living consumer, " + holder_text(*subscription.consumer, name) +
                        ", and the ring no stall_timeout: the messages that it holds would be overwritten under it",
                    "end that process, or evict it by force (--force) where what it still reads does not matter");
    }
    if (!evict(*index, barrier, subscription.consumer ? marks_ : ring::HeldMarks::none))
        throw Error(Error::unsupported, what + " cannot be evicted: the daemon may not call membarrier");
}

/// Only what was seen unreleased twice has waited between. A position that its producer has claimed and not published
/// is nobody's fault.
bool Subscriptions::is_stalled(unsigned index, std::chrono::steady_clock::time_point now,
                               std::chrono::milliseconds timeout) {
    Subscription& subscription = *places_[index];
    const layout::Position pos = memory_.cursor(index).pos.load(std::memory_order_acquire);
    const layout::Seq seq = memory_.slot(pos).seq.load(std::memory_order_acquire);
    if (layout::seq_distance(seq, layout::seq_of(pos)) < 0) {
        subscription.standing.reset();
    } else if (!subscription.standing || subscription.standing->pos != pos) {
        subscription.standing = Standing{pos, now};
    }
    return subscription.standing && now - subscription.standing->since >= timeout;
}

std::vector<Evicted> Subscriptions::evict_stalled(std::chrono::steady_clock::time_point now,
                                                  std::chrono::milliseconds timeout, const ring::Barrier& barrier) {
    std::vector<Evicted> evicted;
    for (unsigned i = 0; i < places_.size(); ++i) {
        if (!places_[i] || !places_[i]->consumer || places_[i]->policy == Policy::lossy) continue;
        if (places_[i]->evicted_at) {
            ring::settle_evicted(memory_, i);
        } else if (is_stalled(i, now, timeout) && evict(i, barrier, ring::HeldMarks::stored)) {
            evicted.push_back({ring_name_, places_[i]->name, places_[i]->consumer->identity.pid});
        }
    }
    return evicted;
}

bool Subscriptions::has_consumers() const noexcept {
    return std::any_of(places_.begin(), places_.end(),
                       [](const auto& place) { return place.has_value() && place->consumer.has_value(); });
}

std::string Subscriptions::name_of(unsigned index) const {
    if (index >= layout::first_waited_group) return groups_.name_of(index - layout::first_waited_group);
    return places_[index] ? places_[index]->name : std::string{};
}

ConsumerInfo Subscriptions::info_of(unsigned index, std::uint64_t now_ns) const {
    const Subscription& subscription = *places_[index];
    const auto& group = subscription.group;
    const ring::SubscriptionSnapshot s = group ? groups_.observe_member(*group, index)
                                               : ring::observe_subscription(memory_, index, subscription.evicted_at);
    const auto& consumer = subscription.consumer;
    ConsumerInfo info;
    info.name = subscription.name;
    info.pid = consumer ? consumer->identity.pid : 0;
    info.uid = consumer ? consumer->peer.uid : subscription.owner;
    info.policy = subscription.policy;
    info.durable = subscription.is_durable;
    info.alive = consumer.has_value();
    info.pos = s.pos;
    info.lag = s.lag;
    info.lost = s.lost;
    info.held = s.held;
    info.waiting = s.is_waiting;
    info.skipped = s.skipped;
    info.evicted = subscription.evicted_at.has_value();
    if (!group) {
        info.lag_ns = ring::observe_lag_ns(memory_, index, now_ns, subscription.evicted_at);
        return info;
    }
    info.group = *group;
    info.delivered = s.delivered;
    info.redelivered = s.redelivered;
    return info;
}

void Subscriptions::append_to(RingInfo& info) const {
    const auto now_ns = static_cast<std::uint64_t>(platform::monotonic_ns());
    for (unsigned i = 0; i < places_.size(); ++i) {
        const bool is_gone = places_[i] && places_[i]->group && !places_[i]->consumer;
        if (places_[i] && !is_gone) info.consumers.push_back(info_of(i, now_ns));
    }
    groups_.append_to(info.groups);
}

}  // namespace ringview::server
