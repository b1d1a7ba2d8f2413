#pragma once

#include <atomic>
#include <cstdint>

#include <ringview/ring/barrier.hpp>
#include <ringview/ring/consumer_side.hpp>
#include <ringview/ring/membership.hpp>
#include <ringview/ring/producer_side.hpp>
#include <ringview/ring/shared_producer_side.hpp>

#include "ring_bytes.hpp"

namespace ringview::test {

/// A ring in plain memory that every side of it shares, with the daemon's part done by the test. `ProducerAtomic` and
/// `ConsumerAtomic` are what the two sides take for std::atomic; the layout is the same.
template <template <class> class ProducerAtomic = std::atomic, template <class> class ConsumerAtomic = std::atomic>
class InProcessRing {
 public:
    using Producer = ring::ProducerSide<ProducerAtomic>;
    using SharedProducer = ring::SharedProducerSide<ProducerAtomic>;
    using Consumer = ring::ConsumerSide<ConsumerAtomic>;

    explicit InProcessRing(const layout::RingParameters& parameters)
        : bytes_(parameters), geometry_(layout::plan_geometry(parameters)), barrier_(parameters.asymmetric_barrier) {}

    /// What the daemon has: it writes the tables.
    ring::DaemonRing daemon() const noexcept { return {geometry_, bytes_.slots().data(), bytes_.cursors().data()}; }
    const RingBytes& bytes() const noexcept { return bytes_; }
    const layout::Geometry& geometry() const noexcept { return geometry_; }

    /// The ring's producer, or the next one where an earlier one has gone.
    Producer producer(unsigned line = 0) const noexcept {
        ring::open_producer_line(daemon(), line);
        return {{geometry_, bytes_.slots().data(), bytes_.cursors().data()}, barrier_, line};
    }
    /// One of the producers of a ring that has several.
    SharedProducer shared_producer(unsigned line) const noexcept {
        ring::open_producer_line(daemon(), line);
        return {{geometry_, bytes_.slots().data(), bytes_.cursors().data()}, barrier_, line};
    }
    /// A consumer that has joined as `subscription`.
    Consumer consumer(unsigned subscription = 0, ring::JoinAt at = ring::JoinAt::next,
                      std::uint64_t min_length = 0) const noexcept {
        return consumer_at(subscription, join(subscription, at), min_length);
    }
    /// Only the daemon's part of that: the subscription is there and nobody reads.
    layout::Position join(unsigned subscription = 0, ring::JoinAt at = ring::JoinAt::next) const noexcept {
        set_state(subscription, layout::MemberState::active);
        return ring::join(daemon(), subscription, layout::MemberPolicy::lossless, at);
    }
    layout::Position join_lossy(unsigned subscription, ring::JoinAt at = ring::JoinAt::next) const noexcept {
        set_state(subscription, layout::MemberState::active);
        return ring::join(daemon(), subscription, layout::MemberPolicy::lossy, at);
    }
    /// A consumer that producers do not wait for.
    Consumer lossy_consumer(unsigned subscription = 0, ring::JoinAt at = ring::JoinAt::next,
                            std::uint64_t min_length = 0) const noexcept {
        const auto start = join_lossy(subscription, at);
        return {{geometry_, bytes_.slots().data(), bytes_.cursors().data()},
                barrier_,
                subscription,
                start,
                min_length,
                ring::Overrun::laps_us};
    }
    /// Consumers that begin at a position, as far as it is still there.
    Consumer consumer_from(layout::Position wanted, unsigned subscription, ring::Overrun overrun) const noexcept {
        set_state(subscription, layout::MemberState::active);
        const auto policy =
            overrun == ring::Overrun::laps_us ? layout::MemberPolicy::lossy : layout::MemberPolicy::lossless;
        const auto start = ring::join_at(daemon(), subscription, policy, wanted);
        return {{geometry_, bytes_.slots().data(), bytes_.cursors().data()},
                barrier_,
                subscription,
                start,
                0,
                overrun,
                start - wanted};
    }
    Consumer consumer_from(layout::Position wanted, unsigned subscription = 0,
                           layout::MemberPolicy policy = layout::MemberPolicy::lossless) const noexcept {
        return consumer_from(wanted, subscription,
                             policy == layout::MemberPolicy::lossy ? ring::Overrun::laps_us : ring::Overrun::never);
    }
    /// A lossless consumer that marks what it holds, so that it can be evicted.
    Consumer evictable_consumer(unsigned subscription = 0, ring::JoinAt at = ring::JoinAt::next) const noexcept {
        const auto start = join(subscription, at);
        return {{geometry_, bytes_.slots().data(), bytes_.cursors().data()},
                barrier_,
                subscription,
                start,
                0,
                ring::Overrun::evicts_us};
    }
    const ring::Barrier& barrier() const noexcept { return barrier_; }
    /// A consumer of a subscription that has joined already, or of none at all.
    Consumer consumer_at(unsigned subscription, layout::Position start, std::uint64_t min_length = 0) const noexcept {
        return {{geometry_, bytes_.slots().data(), bytes_.cursors().data()}, barrier_, subscription, start, min_length};
    }
    void set_state(unsigned subscription, layout::MemberState state) const noexcept {
        daemon().subscription_record(subscription).state.store(static_cast<std::uint32_t>(state));
    }

 private:
    RingBytes bytes_;
    layout::Geometry geometry_;
    ring::Barrier barrier_;
};

}  // namespace ringview::test
