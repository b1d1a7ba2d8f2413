#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <ringview/control/messages.hpp>
#include <ringview/control/ring_info.hpp>
#include <ringview/ring/eviction.hpp>
#include <ringview/ring/membership.hpp>
#include <ringview/ring/observe.hpp>

#include "access.hpp"
#include "client_process.hpp"
#include "groups.hpp"
#include "start_at.hpp"

namespace ringview::server {

struct Evicted {
    std::string ring{};
    std::string subscription{};
    std::int64_t pid = 0;
};

/// The subscriptions of a ring: who holds which, and those that wait for their consumers. A durable one stays when its
/// consumer goes: lossless, it holds producers at the first message that was not released; lossy, it is passed over. A
/// member of a group never stays: what it leaves is the group's. Groups and subscriptions share their names.
class Subscriptions {
 public:
    /// `memory` must outlive this. `marks`: whether lossless consumers mark what they hold.
    Subscriptions(const std::string& ring_name, const ring::DaemonRing& memory, ring::HeldMarks marks)
        : ring_name_(ring_name), memory_(memory), marks_(marks), groups_(ring_name, memory) {}

    /// Error::exists where the name is in use, naming the holder, or has another policy; Error::invalid for a start
    /// above head; Error::quota where all 64 places are taken. For a member of a group also Error::unsupported where
    /// consumers mark what they hold.
    control::AttachReply attach(const ClientProcess& process, const control::AttachConsumerRequest& request,
                                std::uint64_t endpoint);
    /// Its consumer has closed it, or is dead.
    void detach(unsigned index);

    /// Frees the places of members of groups that are gone, as far as others have taken what they left. False while
    /// they still may: to be called again after a while.
    bool settle_members();

    /// Declares a durable one, or a durable group. An equal one that is there already is no error. Error::exists for
    /// any other.
    control::SubscribeReply subscribe(const Peer& peer, const control::SubscribeRequest& request);
    /// Either. Error::not_found, Error::busy (a consumer is attached), Error::denied unless `peer` has declared it or
    /// `may_manage` the ring.
    void unsubscribe(const Peer& peer, const std::string& name, bool may_manage);

    /// Producers wait for a lossless one no more. Error::not_found; Error::invalid for a lossy one; Error::unsupported
    /// for a group or a member of one, and where its consumer lives and does not mark what it holds, unless `force`.
    void evict(const std::string& name, const ring::Barrier& barrier, bool force);
    /// Evicts each whose consumer, which marks what it holds, has left the same message unreleased since `timeout`
    /// before `now`.
    std::vector<Evicted> evict_stalled(std::chrono::steady_clock::time_point now, std::chrono::milliseconds timeout,
                                       const ring::Barrier& barrier);

    bool has_consumers() const noexcept;
    /// Of a subscription, or from layout::first_waited_group on of a group. Empty where there is none.
    std::string name_of(unsigned index) const;
    void append_to(RingInfo& info) const;

 private:
    /// A message that waits to be released: which, and since when at least.
    struct Standing {
        layout::Position pos = 0;
        std::chrono::steady_clock::time_point since{};
    };
    struct Subscription {
        std::string name{};
        Policy policy = Policy::lossless;
        bool is_durable = false;
        uid_t owner = 0;                               ///< who declared it, or attached first
        std::optional<ClientProcess> consumer{};       ///< nobody: it is away
        std::optional<layout::Position> evicted_at{};  ///< its pos then, until a consumer attaches again
        std::optional<Standing> standing{};
        std::optional<unsigned> group{};  ///< is a member of it. Without a consumer: is gone, and has no name any more
    };

    std::optional<unsigned> find(const std::string& name) const;
    /// Of nobody, nor that of `group`, which its owner may be about to begin.
    std::string free_name(const ClientProcess& process, const std::string& group = {}) const;
    unsigned free_place();
    unsigned make(const Subscription& subscription);
    Beginning join(unsigned index, const StartAt& at);
    Beginning resume(unsigned index);
    control::AttachReply attach_member(const ClientProcess& process, const control::AttachConsumerRequest& request,
                                       std::uint64_t endpoint);
    void detach_member(unsigned index);
    void check_may_join(const control::AttachConsumerRequest& request) const;
    void check_no_group(const std::string& name) const;
    void check_group_name(const std::string& name) const;
    void check_can_have_groups(Policy policy) const;
    control::SubscribeReply declare_group(const Peer& peer, const control::SubscribeRequest& request);
    bool give_up_group(const Peer& peer, const std::string& name, bool may_manage);
    void check_may_give_up(const Peer& peer, const std::string& what, uid_t owner, bool may_manage) const;
    void free_places(std::uint64_t indexes);
    std::string group_text(const std::string& name) const { return "group " + name + " of ring " + ring_name_; }
    void check_start_position(layout::Position position) const;
    void check_is_free(const Subscription& subscription, Policy policy) const;
    layout::Position pos_of(unsigned index) const;
    bool is_stalled(unsigned index, std::chrono::steady_clock::time_point now, std::chrono::milliseconds timeout);
    bool evict(unsigned index, const ring::Barrier& barrier, ring::HeldMarks marks);
    ConsumerInfo info_of(unsigned index, std::uint64_t now_ns) const;
    void write_record(unsigned index, layout::MemberState state, std::uint64_t endpoint);

    std::string ring_name_;
    ring::DaemonRing memory_;
    ring::HeldMarks marks_;
    Groups groups_;
    std::array<std::optional<Subscription>, layout::max_subscriptions> places_{};
};

}  // namespace ringview::server
