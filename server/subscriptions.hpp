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

namespace ringview::server {

struct Evicted {
    std::string ring{};
    std::string subscription{};
    std::int64_t pid = 0;
};

/// The subscriptions of a ring: who holds which, and those that wait for their consumers. A durable one stays when its
/// consumer goes: lossless, it holds producers at the first message that was not released; lossy, it is passed over.
class Subscriptions {
 public:
    /// `memory` must outlive this.
    Subscriptions(std::string ring_name, const ring::DaemonRing& memory)
        : ring_name_(std::move(ring_name)), memory_(memory) {}

    /// Error::exists where the name is in use, naming the holder, or has another policy; Error::invalid for a start
    /// above head; Error::quota where all 64 places are taken.
    control::AttachReply attach(const ClientProcess& process, const control::AttachConsumerRequest& request,
                                std::uint64_t endpoint);
    /// Its consumer has closed it, or is dead.
    void detach(unsigned index);

    /// Declares a durable one. An equal one that is there already is no error. Error::exists for any other.
    control::SubscribeReply subscribe(const Peer& peer, const control::SubscribeRequest& request);
    /// Error::not_found, Error::busy (a consumer is attached), Error::denied unless `peer` has declared it or
    /// `may_manage` the ring.
    void unsubscribe(const Peer& peer, const std::string& name, bool may_manage);

    /// Producers wait for a lossless one no more. Error::not_found; Error::invalid for a lossy one; Error::unsupported
    /// where its consumer lives and does not mark what it holds (`marks`), unless `force`.
    void evict(const std::string& name, const ring::Barrier& barrier, ring::HeldMarks marks, bool force);
    /// Evicts each whose consumer, which marks what it holds, has left the same message unreleased since `timeout`
    /// before `now`.
    std::vector<Evicted> evict_stalled(std::chrono::steady_clock::time_point now, std::chrono::milliseconds timeout,
                                       const ring::Barrier& barrier);

    bool has_consumers() const noexcept;
    /// Empty where there is none.
    std::string name_of(unsigned index) const;
    void append_to(std::vector<ConsumerInfo>& infos) const;

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
    };
    struct Start {
        layout::Position position = 0;
        std::uint64_t lost = 0;
    };

    std::optional<unsigned> find(const std::string& name) const;
    std::string free_name(const ClientProcess& process) const;
    unsigned make(const Subscription& subscription);
    Start join(unsigned index, ringview::Start start, std::optional<std::uint64_t> start_position);
    Start resume(unsigned index);
    void check_start_position(layout::Position position) const;
    void check_is_free(const Subscription& subscription, Policy policy) const;
    layout::Position pos_of(unsigned index) const;
    bool is_stalled(unsigned index, std::chrono::steady_clock::time_point now, std::chrono::milliseconds timeout);
    bool evict(unsigned index, const ring::Barrier& barrier, ring::HeldMarks marks);
    void write_record(unsigned index, layout::MemberState state, std::uint64_t endpoint);

    std::string ring_name_;
    ring::DaemonRing memory_;
    std::array<std::optional<Subscription>, layout::max_subscriptions> places_{};
};

}  // namespace ringview::server
