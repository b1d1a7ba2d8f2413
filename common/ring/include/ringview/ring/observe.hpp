#pragma once

#include <cstdint>
#include <optional>

#include <ringview/layout/ring_memory.hpp>

/// A look at a ring's words for whoever reports them. Each word is loaded once and made to fit the others: what a
/// member writes may be nonsense, what is reported is not.
namespace ringview::ring {

struct RingSnapshot {
    layout::Position head = 0;
    std::uint64_t published = 0;   ///< since the ring was created
    std::uint64_t tombstones = 0;  ///< positions without a message
    std::uint64_t used = 0;        ///< messages that some lossless subscription has not released, at most slots
    std::uint64_t lossless = 0;    ///< a bit per lossless subscription
    std::uint64_t lossy = 0;       ///< a bit per lossy subscription
    std::uint64_t producers = 0;   ///< a bit per producer
};

struct SubscriptionSnapshot {
    layout::Position pos = 0;  ///< the first that was not released
    std::uint64_t lag = 0;     ///< head - pos
    std::uint64_t held = 0;    ///< messages in the consumer's hands
    std::uint64_t lost = 0;
    std::uint64_t skipped = 0;
    std::uint64_t stepped_over = 0;
    std::uint64_t delivered = 0;    ///< of a group's member: messages handed out to it …
    std::uint64_t redelivered = 0;  ///< … and how many of them another member had before that died
    bool is_waiting = false;
};

struct ProducerSnapshot {
    std::uint64_t published = 0;
    std::uint64_t found_full = 0;
    std::uint32_t claimed = 0;  ///< positions that it has, and has not published: no consumer gets past them
    bool is_waiting = false;
    unsigned waits_for = 0;  ///< the subscription, where is_waiting; from layout::first_waited_group on a group
};

RingSnapshot observe_ring(const layout::WritableRing<>& ring) noexcept;
/// `evicted_at` as of unreleased_from().
SubscriptionSnapshot observe_subscription(const layout::WritableRing<>& ring, unsigned subscription,
                                          std::optional<layout::Position> evicted_at = {}) noexcept;
ProducerSnapshot observe_producer(const layout::WritableRing<>& ring, unsigned line) noexcept;

}  // namespace ringview::ring
