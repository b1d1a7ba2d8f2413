#include <cstdint>
#include <thread>

#include <gtest/gtest.h>
#include <ringview/platform/membarrier.hpp>

#include "futex_probe.hpp"
#include "ring_fixture.hpp"

namespace ringview::test {
namespace {

using namespace std::chrono_literals;
using ring::Deadline;

class Lossy : public RingFrom {};
RINGVIEW_FROM_EVERY_WRAP(Lossy);

TEST_P(Lossy, ConsumerThatReadsNothingNeverStopsTheProducer) {
    const InProcessRing<> ring(parameters(8));
    auto producer = ring.producer();
    auto consumer = ring.lossy_consumer();
    publish_numbers(producer, 0, 1000);
    EXPECT_EQ(consumer.lag(), 1000U);
}

TEST_P(Lossy, ConsumerThatKeepsUpLosesNothing) {
    const InProcessRing<> ring(parameters(8));
    auto producer = ring.producer();
    auto consumer = ring.lossy_consumer();
    for (std::uint64_t i = 0; i < 100; ++i) {
        publish_numbers(producer, 3 * i, 3);
        expect_numbers(consumer, 3 * i, 3);
    }
    EXPECT_EQ(consumer.lost(), 0U);
    EXPECT_EQ(try_next_code(consumer), Error::empty);
    EXPECT_EQ(tombstones_of(ring), 0U);
}

TEST_P(Lossy, WhatWasLostIsCountedExactlyAndToldByTheNextMessage) {
    const InProcessRing<> ring(parameters(8));
    auto producer = ring.producer();
    auto consumer = ring.lossy_consumer();
    publish_numbers(producer, 0, 2);
    expect_numbers(consumer, 0, 1);
    publish_numbers(producer, 2, 100);
    const ring::Received message = take(consumer);
    EXPECT_EQ(message.lost_before, number_in(message) - 1);
    EXPECT_EQ(consumer.lost(), message.lost_before);
    EXPECT_GE(message.lost_before, 102U - 8U - 1U) << "no more than the ring is still there";
    consumer.release(message.position);
    std::uint64_t delivered = 2;
    for (ring::Received next; consumer.try_next(next) == ok; ++delivered) {
        EXPECT_EQ(next.lost_before, 0U);
        consumer.release(next.position);
    }
    EXPECT_EQ(delivered + consumer.lost() + consumer.stepped_over(), 102U);
    EXPECT_EQ(ring::observe_subscription(ring.daemon(), 0).lost, consumer.lost());
}

TEST_P(Lossy, NobodyIsLappedWithoutABarrier) {
    if (!platform::has_membarrier()) GTEST_SKIP() << "this kernel has no membarrier, so no ring relies on it";
    const InProcessRing<> ring(parameters(8));
    auto producer = ring.producer();
    auto consumer = ring.lossy_consumer();
    publish_numbers(producer, 0, 8);
    fail_membarriers(true);
    EXPECT_EQ(producer.try_reserve(), Error::full);
    fail_membarriers(false);
    EXPECT_EQ(producer.try_reserve(), ok);
    EXPECT_EQ(consumer.lost(), 0U);
}

TEST_P(Lossy, StartsAtTheOldestTheNewestOrTheNextMessage) {
    const InProcessRing<> ring(parameters(8, 4));
    auto producer = ring.producer();
    publish_numbers(producer, 0, 100);
    auto newest = ring.lossy_consumer(1, ring::JoinAt::newest);
    auto next = ring.lossy_consumer(2, ring::JoinAt::next);
    auto oldest = ring.lossy_consumer(0, ring::JoinAt::oldest);
    EXPECT_EQ(number_in(take(newest)), 99U);
    EXPECT_EQ(try_next_code(next), Error::empty);
    EXPECT_GE(number_in(take(oldest)), 92U);
    publish_numbers(producer, 100, 1);
    EXPECT_EQ(number_in(take(next)), 100U);
}

TEST_P(Lossy, WhoeverLeavesHoldsNothingAnyMore) {
    const InProcessRing<> ring(parameters(8));
    auto producer = ring.producer();
    auto consumer = ring.lossy_consumer();
    publish_numbers(producer, 0, 1);
    take(consumer);
    publish_numbers(producer, 1, 30);
    ring::leave(ring.daemon(), 0);
    const std::uint64_t before = tombstones_of(ring);
    publish_numbers(producer, 31, 30);
    EXPECT_EQ(tombstones_of(ring), before);
}

TEST_P(Lossy, AnotherProducerKeepsWhatIsHeld) {
    const InProcessRing<> ring(parameters(8));
    auto consumer = ring.lossy_consumer();
    {
        auto producer = ring.producer();
        publish_numbers(producer, 0, 30);
    }
    const ring::Received held = take(consumer);
    const std::uint64_t number = number_in(held);
    ring::close_producer_line(ring.daemon(), 0);
    auto producer = ring.producer();
    publish_numbers(producer, 30, 100);
    EXPECT_EQ(number_in(held), number);
}

TEST_P(Lossy, ATombstoneWhoseProducerDiedBeforeItMovedHeadCounts) {
    for (const bool is_daemon_first : {false, true}) {
        const InProcessRing<> ring(parameters(8));
        auto consumer = ring.consumer();
        {
            auto producer = ring.producer();
            publish_numbers(producer, 0, 1);
        }
        const layout::Position head = first() + 1;
        ring.daemon().slot(head).seq.store(layout::tombstone_of(head));
        if (is_daemon_first) ring::close_producer_line(ring.daemon(), 0);
        auto producer = ring.producer();
        EXPECT_EQ(producer.position(), head + 1);
        publish_numbers(producer, 1, 1);
        expect_numbers(consumer, 0, 2);
        EXPECT_EQ(consumer.stepped_over(), 1U);
    }
}

TEST_P(Lossy, ASleepingConsumerIsWokenByTheMessageItWaitsForAndByATombstone) {
    const InProcessRing<> ring(parameters(2));
    auto producer = ring.producer();
    auto holder = ring.lossy_consumer(0);
    publish_numbers(producer, 0, 1);
    const ring::Received held = take(holder);
    auto sleeper = ring.lossy_consumer(1);
    stretch_sleeps(20s);
    reset_futex_counts();
    std::thread thread([&] {
        for (std::uint64_t i = 1; i < 20; ++i) {
            ring::Received message;
            ASSERT_EQ(sleeper.next(message, Deadline::never()), ok);
            sleeper.release(message.position);
        }
    });
    for (std::uint64_t i = 1; i < 20; ++i) {
        EXPECT_TRUE(await_sleepers(1));
        publish_numbers(producer, i, 1);
    }
    thread.join();
    EXPECT_EQ(futex_counts().overslept, 0U);
    stretch_sleeps(ring::longest_sleep);
    EXPECT_EQ(number_in(held), 0U);
    EXPECT_GT(sleeper.stepped_over(), 5U);
}

TEST_P(Lossy, NoHeldWordThatAConsumerWritesMakesTheProducerHangOrOverwrite) {
    const InProcessRing<> ring(parameters(8));
    auto producer = ring.producer();
    auto honest = ring.lossy_consumer(0);
    ring.lossy_consumer(1);
    publish_numbers(producer, 0, 9);
    const ring::Received held = take(honest);
    const std::uint64_t number = number_in(held);
    std::uint64_t sent = 9;
    for (const std::uint64_t word : {~std::uint64_t{0}, std::uint64_t{0xFFFF}, std::uint64_t{1} << 63, two_to_32 | 3}) {
        for (auto& held_word : ring.daemon().cursor(1).held) held_word.store(word);
        for (int i = 0; i < 40; ++i) {
            if (try_publish_number(producer, sent) == ok) ++sent;
        }
        EXPECT_EQ(number_in(held), number);
    }
    ring::leave(ring.daemon(), 1);
    publish_numbers(producer, sent, 8);
}

TEST_P(Lossy, NoPosThatALossyConsumerWritesUnseatsAnother) {
    for (const layout::Position back : {two_to_63, two_to_63 - 1, two_to_63 + 1, two_to_32}) {
        for (std::uint64_t gate = 0; gate < 4; ++gate) {
            const InProcessRing<> ring(parameters(4, gate % 4));
            auto producer = ring.producer();
            auto honest = ring.consumer(0);
            ring.join_lossy(1);
            std::uint64_t sent = 0;
            for (std::uint64_t i = 0; i < 40; ++i) {
                for (std::uint64_t near = 0; near < 4; ++near) {
                    ring.daemon().cursor(1).pos.store(honest.pos() + near - back);
                    if (try_publish_number(producer, sent) == ok) ++sent;
                }
                ASSERT_LE(first() + sent - honest.pos(), 4U) << "what the honest consumer has not read was overwritten";
                expect_numbers(honest, i, 1);
            }
        }
    }
}

TEST_P(Lossy, NoFloorThatAProducerWritesMakesAConsumerHang) {
    const InProcessRing<> ring(parameters(8));
    auto producer = ring.producer();
    auto consumer = ring.lossy_consumer();
    publish_numbers(producer, 0, 4);
    for (const layout::Position floor : {first() - 1, first() + two_to_32, first() + two_to_63 - 1, first()}) {
        ring.daemon().state().floors.floor.store(floor);
        for (int i = 0; i < 20; ++i) {
            ring::Received message;
            if (consumer.try_next(message) == ok) consumer.release(message.position);
        }
        ring::Received message;
        if (consumer.next(message, Deadline::after(1ms)) == ok) consumer.release(message.position);
    }
}

}  // namespace
}  // namespace ringview::test
