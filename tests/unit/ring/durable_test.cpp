#include <cstdint>
#include <thread>

#include <gtest/gtest.h>

#include "futex_probe.hpp"
#include "interrupted_atomic.hpp"
#include "ring_fixture.hpp"

namespace ringview::test {
namespace {

using namespace std::chrono_literals;
using layout::MemberPolicy;

/// Subscriptions whose consumers go and come.
class Durable : public RingFrom {};
RINGVIEW_FROM_EVERY_WRAP(Durable);

InProcessRing<>::Consumer resumed(const InProcessRing<>& ring, MemberPolicy policy) {
    return ring.consumer_from(ring.daemon().cursor(0).pos.load(), 0, policy);
}

TEST_P(Durable, ALosslessOneHoldsProducersWhileItIsAwayAndMissesNothing) {
    const InProcessRing<> ring(parameters(4));
    auto producer = ring.producer();
    {
        auto consumer = ring.consumer();
        publish_numbers(producer, 0, 3);
        expect_numbers(consumer, 0, 1);
    }
    ring::go_away(ring.daemon(), 0);
    publish_numbers(producer, 3, 2);
    EXPECT_EQ(producer.try_reserve(), Error::full);
    auto consumer = resumed(ring, MemberPolicy::lossless);
    expect_numbers(consumer, 1, 4);
    EXPECT_EQ(consumer.lost(), 0U);
    publish_numbers(producer, 5, 4);
    expect_numbers(consumer, 5, 4);
}

TEST_P(Durable, ALosslessOneFindsAllThatItHasHeldAlsoWhereAGateWasAnnouncedBeyondItBeforeItJoined) {
    using Word = InterruptedAtomic<std::uint64_t>;
    const InProcessRing<InterruptedAtomic> ring(parameters(4));
    auto producer = ring.producer();
    publish_numbers(producer, 0, 4);
    // It joins when the producer has looked for it, and not yet announced the gate.
    Word::interruption = [&] { Word::interruption = [&] { EXPECT_EQ(ring.join(0, ring::JoinAt::oldest), first()); }; };
    Word::interrupted_word = &ring.daemon().state().membership.join_epoch;
    EXPECT_EQ(producer.try_reserve(), Error::full);
    Word::interrupted_word = nullptr;
    ASSERT_NE(ring.daemon().state().gate.value.load(), first()) << "nothing was announced beyond it";
    for (int round = 0; round < 2; ++round) {
        ring::go_away(ring.daemon(), 0);
        auto consumer = ring.consumer_from(ring.daemon().cursor(0).pos.load());
        EXPECT_EQ(consumer.lost(), 0U);
        expect_numbers(consumer, 2 * static_cast<std::uint64_t>(round), 2);
    }
}

TEST_P(Durable, ALosslessOneWhoseConsumerWroteNonsenseBeginsWhereMessagesCanStillBe) {
    const InProcessRing<> ring(parameters(4));
    auto producer = ring.producer();
    ring.join();
    ring::go_away(ring.daemon(), 0);
    ring.daemon().cursor(0).pos.store(first() + 100);
    publish_numbers(producer, 0, 50);
    ring.daemon().cursor(0).pos.store(first() + 1);
    auto consumer = resumed(ring, MemberPolicy::lossless);
    EXPECT_GE(layout::distance(consumer.next_position(), first() + 46), 0);
    EXPECT_EQ(consumer.lost(), consumer.next_position() - first() - 1);
}

TEST_P(Durable, WhatWasHeldAndNotReleasedIsDeliveredAgain) {
    for (const MemberPolicy policy : {MemberPolicy::lossless, MemberPolicy::lossy}) {
        const InProcessRing<> ring(parameters(8));
        auto producer = ring.producer();
        {
            auto consumer = ring.consumer_from(first(), 0, policy);
            publish_numbers(producer, 0, 4);
            expect_numbers(consumer, 0, 1);
            ring::Received held;
            ASSERT_EQ(consumer.try_next(held), ok);
            expect_numbers(consumer, 2, 1);
            EXPECT_EQ(ring::observe_subscription(ring.daemon(), 0).held, policy == MemberPolicy::lossy ? 1U : 2U);
        }
        ring::go_away(ring.daemon(), 0);
        EXPECT_EQ(ring::observe_subscription(ring.daemon(), 0).held, 0U);
        auto consumer = resumed(ring, policy);
        expect_numbers(consumer, 1, 3);
    }
}

TEST_P(Durable, ALossyOneIsPassedOverAndItsFirstMessageTellsHowFar) {
    const InProcessRing<> ring(parameters(8));
    auto producer = ring.producer();
    {
        auto consumer = ring.lossy_consumer();
        publish_numbers(producer, 0, 3);
        expect_numbers(consumer, 0, 2);
    }
    ring::go_away(ring.daemon(), 0);
    EXPECT_EQ(ring::observe_ring(ring.daemon()).lossy, 0U);
    publish_numbers(producer, 3, 100);
    auto consumer = resumed(ring, MemberPolicy::lossy);
    ring::Received message;
    ASSERT_EQ(consumer.try_next(message), ok);
    EXPECT_GE(number_in(message), 103U - 8U);
    EXPECT_EQ(message.lost_before, number_in(message) - 2);
}

TEST_P(Durable, WhatALossyOneHeldWhenItDiedTiesDownNoSlot) {
    const InProcessRing<> ring(parameters(8));
    auto producer = ring.producer();
    {
        auto consumer = ring.lossy_consumer();
        publish_numbers(producer, 0, 4);
        for (int i = 0; i < 4; ++i) {
            ring::Received held;
            ASSERT_EQ(consumer.try_next(held), ok);
        }
        publish_numbers(producer, 4, 20);
    }
    ring::go_away(ring.daemon(), 0);
    const std::uint64_t tombstones = tombstones_of(ring);
    EXPECT_GT(tombstones, 0U);
    publish_numbers(producer, 24, 40);
    EXPECT_EQ(tombstones_of(ring), tombstones);
}

TEST_P(Durable, ItsLeaveWakesTheProducerThatSleepsForIt) {
    const InProcessRing<> ring(parameters(4));
    auto producer = ring.producer();
    ring.join();
    ring::go_away(ring.daemon(), 0);
    publish_numbers(producer, 0, 4);
    stretch_sleeps(20s);
    reset_futex_counts();
    std::thread thread([&] { EXPECT_EQ(producer.reserve(ring::Deadline::never()), ok); });
    EXPECT_TRUE(await_sleepers(1));
    ring::leave(ring.daemon(), 0);
    thread.join();
    EXPECT_EQ(futex_counts().overslept, 0U);
    stretch_sleeps(ring::longest_sleep);
}

}  // namespace
}  // namespace ringview::test
