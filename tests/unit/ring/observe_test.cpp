#include <cstdint>

#include <gtest/gtest.h>
#include <ringview/ring/observe.hpp>

#include "ring_fixture.hpp"

namespace ringview::test {
namespace {

class Observe : public RingFrom {};
RINGVIEW_FROM_EVERY_WRAP(Observe);

TEST_P(Observe, AnEmptyRingHasNothingInUse) {
    const InProcessRing<> ring(parameters(8));
    const ring::RingSnapshot s = ring::observe_ring(ring.daemon());
    EXPECT_EQ(s.head, first());
    EXPECT_EQ(s.published + s.used + s.lossless + s.lossy + s.producers, 0U);
}

TEST_P(Observe, UsedIsWhatTheSlowestHasNotReleased) {
    const InProcessRing<> ring(parameters(8));
    auto producer = ring.producer();
    auto quick = ring.consumer(0);
    auto slow = ring.consumer(1);
    publish_numbers(producer, 0, 6);
    expect_numbers(quick, 0, 6);
    expect_numbers(slow, 0, 2);
    const ring::RingSnapshot s = ring::observe_ring(ring.daemon());
    EXPECT_EQ(s.head, first() + 6);
    EXPECT_EQ(s.published, 6U);
    EXPECT_EQ(s.used, 4U);
}

TEST_P(Observe, EveryMessageCountsFromTheMomentItIsPublished) {
    const InProcessRing<> ring(parameters(64));
    auto producer = ring.producer();
    auto consumer = ring.consumer();
    for (std::uint64_t published = 1; published <= 200; ++published) {
        publish_numbers(producer, published, 1);
        const layout::Position head = first() + published;
        if (published % 2 == 0) ring.daemon().state().head.value.store(head - 1);  // as between the two stores
        EXPECT_EQ(ring::observe_ring(ring.daemon()).head, head);
        EXPECT_EQ(ring::observe_ring(ring.daemon()).published, published);
        EXPECT_EQ(ring::observe_producer(ring.daemon(), 0).published, published);
        EXPECT_EQ(ring::observe_subscription(ring.daemon(), 0).lag, 1U);
        EXPECT_EQ(consumer.lag(), 1U);
        expect_numbers(consumer, published, 1);
        EXPECT_EQ(consumer.lag(), 0U);
    }
}

TEST_P(Observe, ANewProducerAndANewConsumerBeginBehindWhatWasPublished) {
    for (std::uint64_t count = 1; count <= 40; ++count) {
        const InProcessRing<> ring(parameters(64));
        auto producer = ring.producer();
        publish_numbers(producer, 0, count);
        EXPECT_EQ(ring.consumer(0, ring::JoinAt::next).next_position(), first() + count);
        EXPECT_EQ(ring.consumer(1, ring::JoinAt::newest).next_position(), first() + count - 1);
        EXPECT_EQ(ring.producer().position(), first() + count);
    }
}

TEST_P(Observe, ASubscriptionShowsItsLagAndWhatItHolds) {
    const InProcessRing<> ring(parameters(8));
    auto producer = ring.producer();
    auto consumer = ring.consumer(7);
    publish_numbers(producer, 0, 6);
    expect_numbers(consumer, 0, 1);
    EXPECT_EQ(try_next_code(consumer), ok);
    EXPECT_EQ(try_next_code(consumer), ok);
    const ring::SubscriptionSnapshot s = ring::observe_subscription(ring.daemon(), 7);
    EXPECT_EQ(s.pos, first() + 1);
    EXPECT_EQ(s.lag, 5U);
    EXPECT_EQ(s.held, 2U);
    EXPECT_FALSE(s.is_waiting);
}

}  // namespace
}  // namespace ringview::test
