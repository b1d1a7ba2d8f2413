#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "ring_fixture.hpp"

namespace ringview::test {
namespace {

using ring::JoinAt;

class Membership : public RingFrom {};
RINGVIEW_FROM_EVERY_WRAP(Membership);

TEST_P(Membership, AJoinerAtNextGetsWhatIsPublishedFromThenOn) {
    const InProcessRing<> ring(parameters(8, 4));
    auto producer = ring.producer();
    publish_numbers(producer, 0, 5);
    auto consumer = ring.consumer(0, JoinAt::next);
    EXPECT_EQ(try_next_code(consumer), Error::empty);
    publish_numbers(producer, 5, 3);
    expect_numbers(consumer, 5, 3);
}

TEST_P(Membership, AJoinerAtOldestGetsTheWholeHistoryWithoutAGap) {
    for (const std::uint64_t published : {0U, 1U, 3U, 7U, 8U, 9U, 50U}) {
        const InProcessRing<> ring(parameters(8, 4));
        auto producer = ring.producer();
        publish_numbers(producer, 0, published);
        auto consumer = ring.consumer(0, JoinAt::oldest);
        const std::uint64_t found = published - (consumer.next_position() - first());
        EXPECT_GE(found, std::min<std::uint64_t>(published, 4));
        EXPECT_LE(found, std::min<std::uint64_t>(published, 8));
        expect_numbers(consumer, published - found, found);
        EXPECT_EQ(try_next_code(consumer), Error::empty);
    }
}

TEST_P(Membership, HistoryCostsNoCapacity) {
    const InProcessRing<> ring(parameters(8, 7));
    auto producer = ring.producer();
    publish_numbers(producer, 0, 20);
    ring.join();
    publish_numbers(producer, 20, 8);
    EXPECT_EQ(producer.try_reserve(), Error::full);
}

TEST_P(Membership, WhatAJoinerIsPromisedIsNotOverwritten) {
    const InProcessRing<> ring(parameters(8, 4));
    auto producer = ring.producer();
    publish_numbers(producer, 0, 21);
    auto consumer = ring.consumer(0, JoinAt::oldest);
    const std::uint64_t start = consumer.next_position() - first();
    publish_numbers(producer, 21, start + 8 - 21);
    EXPECT_EQ(producer.try_reserve(), Error::full);
    expect_numbers(consumer, start, 8);
}

TEST_P(Membership, SixtyFourSubscriptionsEachGetEveryMessage) {
    const InProcessRing<> ring(parameters(4));
    auto producer = ring.producer();
    std::vector<InProcessRing<>::Consumer> consumers;
    for (unsigned i = 0; i < layout::max_subscriptions; ++i) consumers.push_back(ring.consumer(i));
    for (std::uint64_t sent = 0; sent < 12; sent += 4) {
        publish_numbers(producer, sent, 4);
        EXPECT_EQ(producer.try_reserve(), Error::full);
        for (auto& consumer : consumers) expect_numbers(consumer, sent, 4);
    }
}

TEST_P(Membership, TheSlowestSubscriptionHoldsTheProducerAndItsLeaveFreesIt) {
    const InProcessRing<> ring(parameters(4));
    auto producer = ring.producer();
    auto quick = ring.consumer(5);
    auto slow = ring.consumer(63);
    publish_numbers(producer, 0, 4);
    expect_numbers(quick, 0, 4);
    EXPECT_EQ(producer.try_reserve(), Error::full);
    expect_numbers(slow, 0, 1);
    publish_numbers(producer, 4, 1);
    EXPECT_EQ(producer.try_reserve(), Error::full);
    ring::leave(ring.daemon(), 63);
    publish_numbers(producer, 5, 3);
    EXPECT_EQ(producer.try_reserve(), Error::full) << "the other one has read only four";
    expect_numbers(quick, 4, 4);
}

TEST_P(Membership, ASubscriptionThatJoinsAgainBeginsAnew) {
    const InProcessRing<> ring(parameters(4));
    auto producer = ring.producer();
    {
        auto consumer = ring.consumer();
        publish_numbers(producer, 0, 2);
        ring.daemon().slot(first()).seq.store(layout::tombstone_of(first()));
        expect_numbers(consumer, 1, 1);
    }
    ring::leave(ring.daemon(), 0);
    publish_numbers(producer, 2, 10);
    auto consumer = ring.consumer();
    const ring::SubscriptionSnapshot s = ring::observe_subscription(ring.daemon(), 0);
    EXPECT_EQ(s.pos, first() + 12);
    EXPECT_EQ(s.lag + s.held + s.lost + s.skipped + s.stepped_over, 0U);
    publish_numbers(producer, 12, 4);
    expect_numbers(consumer, 12, 4);
}

TEST_P(Membership, JoinsAndLeavesWithoutAProducerKeepTheRingsPlace) {
    const InProcessRing<> ring(parameters(4, 2));
    {
        auto consumer = ring.consumer(3, JoinAt::oldest);
        EXPECT_EQ(consumer.next_position(), first());
        ring::leave(ring.daemon(), 3);
    }
    auto consumer = ring.consumer(3, JoinAt::next);
    EXPECT_EQ(consumer.next_position(), first());
    auto producer = ring.producer();
    publish_numbers(producer, 0, 4);
    EXPECT_EQ(producer.try_reserve(), Error::full);
    expect_numbers(consumer, 0, 4);
}

TEST_P(Membership, AnotherProducerContinuesWhereTheLastOneEnded) {
    const InProcessRing<> ring(parameters(4));
    auto consumer = ring.consumer();
    for (std::uint64_t generation = 0; generation < 6; ++generation) {
        auto producer = ring.producer();
        EXPECT_EQ(producer.position(), first() + generation * 3);
        publish_numbers(producer, generation * 3, 3);
        ring::close_producer_line(ring.daemon(), 0);
        expect_numbers(consumer, generation * 3, 3);
    }
}

TEST_P(Membership, AnotherProducerHonoursWhatIsUnread) {
    const InProcessRing<> ring(parameters(4));
    auto consumer = ring.consumer();
    {
        auto producer = ring.producer();
        publish_numbers(producer, 0, 3);
    }
    ring::close_producer_line(ring.daemon(), 0);
    auto producer = ring.producer();
    publish_numbers(producer, 3, 1);
    EXPECT_EQ(producer.try_reserve(), Error::full);
    expect_numbers(consumer, 0, 4);
}

TEST_P(Membership, AReservationThatDiedWithItsProducerIsNeverSeen) {
    const InProcessRing<> ring(parameters(4));
    auto consumer = ring.consumer();
    {
        auto producer = ring.producer();
        publish_numbers(producer, 0, 2);
        ASSERT_EQ(producer.try_reserve(), ok);
        write_number(producer, 666);
    }
    ring::close_producer_line(ring.daemon(), 0);
    auto producer = ring.producer();
    publish_numbers(producer, 2, 2);
    expect_numbers(consumer, 0, 4);
}

/// The state after a producer was killed between the two stores of a publish: seq is there, head is not.
void publish_without_head(const InProcessRing<>& ring, InProcessRing<>::Producer& producer, std::uint64_t number) {
    ASSERT_EQ(producer.try_reserve(), ok);
    write_number(producer, number);
    auto& slot = ring.daemon().slot(producer.position());
    slot.length.store(sizeof number);
    slot.seq.store(layout::seq_of(producer.position()));
}

TEST_P(Membership, WhatADeadProducerPublishedWithoutHeadCountsOnceItsLineIsClosed) {
    const InProcessRing<> ring(parameters(4));
    auto consumer = ring.consumer();
    auto dead = ring.producer();
    publish_numbers(dead, 0, 2);
    publish_without_head(ring, dead, 2);
    ring::close_producer_line(ring.daemon(), 0);
    EXPECT_EQ(ring.daemon().state().head.value.load(), first() + 3);
    const auto late = ring.consumer(1, JoinAt::next);
    EXPECT_EQ(late.next_position(), first() + 3) << "the message was there before it joined";
    auto producer = ring.producer();
    publish_numbers(producer, 3, 1);
    EXPECT_EQ(producer.try_reserve(), Error::full) << "the recovered message takes its slot like any other";
    expect_numbers(consumer, 0, 4);
}

TEST_P(Membership, ANextProducerFindsSuchAMessageItselfWhereNobodyClosedTheLine) {
    const InProcessRing<> ring(parameters(4));
    auto consumer = ring.consumer();
    auto dead = ring.producer();
    publish_numbers(dead, 0, 3);
    publish_without_head(ring, dead, 3);
    auto producer = ring.producer();
    EXPECT_EQ(producer.position(), first() + 4);
    EXPECT_EQ(producer.try_reserve(), Error::full);
    expect_numbers(consumer, 0, 4);
    publish_numbers(producer, 4, 4);
    expect_numbers(consumer, 4, 4);
}

TEST_P(Membership, AGateThatADeadProducerAnnouncedTooHighIsNotTrusted) {
    const InProcessRing<> ring(parameters(4));
    auto consumer = ring.consumer();
    auto dead = ring.producer();
    publish_numbers(dead, 0, 4);
    // It had announced this before it would have noticed that somebody had joined meanwhile.
    ring.daemon().state().gate.value.store(first() + 4);
    ring::close_producer_line(ring.daemon(), 0);
    auto producer = ring.producer();
    EXPECT_EQ(producer.try_reserve(), Error::full);
    EXPECT_EQ(ring.daemon().state().gate.value.load(), first() + 4) << "the gate never falls";
    expect_numbers(consumer, 0, 4);
    publish_numbers(producer, 4, 4);
    expect_numbers(consumer, 4, 4);
}

TEST_P(Membership, AJoinerStartsAtTheGateWhereItHasPassedHeadsHistory) {
    const InProcessRing<> ring(parameters(4, 3));
    auto producer = ring.producer();
    publish_numbers(producer, 0, 4);
    ring.daemon().state().gate.value.store(first() + 3);
    EXPECT_EQ(ring.consumer(0, JoinAt::oldest).next_position(), first() + 3);
    EXPECT_EQ(ring.consumer(1, JoinAt::next).next_position(), first() + 4);
}

TEST_P(Membership, TablesShowWhoIsIn) {
    const InProcessRing<> ring(parameters(4));
    const auto snapshot = [&] { return ring::observe_ring(ring.daemon()); };
    ring.producer();
    ring.join(2);
    EXPECT_EQ(snapshot().producers, 1U);
    EXPECT_EQ(snapshot().lossless, 4U);
    ring::leave(ring.daemon(), 2);
    ring::close_producer_line(ring.daemon(), 0);
    EXPECT_EQ(snapshot().producers, 0U);
    EXPECT_EQ(snapshot().lossless, 0U);
}

}  // namespace
}  // namespace ringview::test
