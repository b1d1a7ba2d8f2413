#include <chrono>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>
#include <ringview/ring/intent.hpp>

#include "futex_probe.hpp"
#include "ring_fixture.hpp"
#include "shared_fixture.hpp"

namespace ringview::test {
namespace {

using namespace std::chrono_literals;
using ring::Deadline;

class SharedProducer : public SharedRingFrom {};
RINGVIEW_FROM_EVERY_WRAP(SharedProducer);

template <class Ring>
std::uint64_t intent_of(const Ring& ring, unsigned line) {
    return ring.daemon().producer_line(line).intent.load();
}

template <class Producer>
void reserve_number(Producer& producer, std::uint64_t number) {
    ASSERT_EQ(producer.try_reserve(), ok);
    write_number(producer, number);
}

TEST_P(SharedProducer, EveryConsumerSeesTheMessagesOfAllInTheOrderOfTheirReservations) {
    const InProcessRing<> ring(shared(8));
    auto a = ring.shared_producer(0);
    auto b = ring.shared_producer(3);
    auto one = ring.consumer(0);
    auto other = ring.consumer(1);
    for (std::uint64_t i = 0; i < 40; i += 4) {
        publish_numbers(a, i, 1);
        publish_numbers(b, i + 1, 2);
        publish_numbers(a, i + 3, 1);
        expect_numbers(one, i, 4);
        expect_numbers(other, i, 4);
    }
}

TEST_P(SharedProducer, WhatIsPublishedOutOfOrderIsReadInOrder) {
    const InProcessRing<> ring(shared(8));
    auto a = ring.shared_producer(0);
    auto b = ring.shared_producer(1);
    auto c = ring.shared_producer(2);
    auto consumer = ring.consumer();
    reserve_number(a, 0);
    reserve_number(b, 1);
    reserve_number(c, 2);
    c.publish(8);
    EXPECT_EQ(try_next_code(consumer), Error::empty);
    a.publish(8);
    expect_numbers(consumer, 0, 1);
    EXPECT_EQ(try_next_code(consumer), Error::empty);
    b.publish(8);
    expect_numbers(consumer, 1, 2);
}

TEST_P(SharedProducer, AMessageTellsWhoWroteIt) {
    const InProcessRing<> ring(shared(4));
    auto consumer = ring.consumer();
    for (const unsigned line : {3U, 0U, 2U, 1U}) {
        auto producer = ring.shared_producer(line);
        publish_numbers(producer, 0, 1);
        ring::Received message;
        ASSERT_EQ(consumer.try_next(message), ok);
        EXPECT_EQ(consumer.producer_of(message.position), line);
        ring.daemon().slot(message.position).producer.store(4);
        EXPECT_LT(consumer.producer_of(message.position), 4U) << "whatever a hostile producer writes";
        consumer.release(message.position);
    }
}

TEST_P(SharedProducer, AMessageOfTheOnlyProducerTellsLineZero) {
    const InProcessRing<> ring(parameters(2));
    auto producer = ring.producer();
    auto consumer = ring.consumer();
    for (std::uint64_t i = 0; i < 5; ++i) {
        publish_numbers(producer, i, 1);
        ring::Received message;
        ASSERT_EQ(consumer.try_next(message), ok);
        EXPECT_EQ(consumer.producer_of(message.position), 0U);
        consumer.release(message.position);
    }
}

TEST_P(SharedProducer, ReserveAnswersFullToAllWhenEverySlotIsUnread) {
    const InProcessRing<> ring(shared(4));
    auto a = ring.shared_producer(0);
    auto b = ring.shared_producer(1);
    auto consumer = ring.consumer();
    publish_numbers(a, 0, 3);
    publish_numbers(b, 3, 1);
    for (auto* producer : {&a, &b}) {
        EXPECT_EQ(producer->try_reserve(), Error::full);
        EXPECT_FALSE(producer->has_reservation());
    }
    for (std::uint64_t i = 0; i < 12; ++i) {
        expect_numbers(consumer, i, 1);
        EXPECT_EQ(try_publish_number(i % 2 == 0 ? a : b, 4 + i), ok);
        EXPECT_EQ(a.try_reserve(), Error::full);
        EXPECT_EQ(b.try_reserve(), Error::full);
    }
}

TEST_P(SharedProducer, NeverBecomesFullWithoutSubscriptions) {
    const InProcessRing<> ring(shared(4, 3));
    auto a = ring.shared_producer(0);
    auto b = ring.shared_producer(1);
    for (std::uint64_t i = 0; i < 20; ++i) {
        publish_numbers(a, i, 1);
        publish_numbers(b, i, 2);
    }
    EXPECT_EQ(ring::observe_ring(ring.daemon()).head, first() + 60);
}

TEST_P(SharedProducer, ARingOfOneSlotPassesMessagesOneByOne) {
    const InProcessRing<> ring(shared(1));
    auto a = ring.shared_producer(0);
    auto b = ring.shared_producer(1);
    auto consumer = ring.consumer();
    for (std::uint64_t i = 0; i < 10; ++i) {
        auto& writer = i % 3 == 0 ? a : b;
        EXPECT_EQ(try_publish_number(writer, i), ok);
        EXPECT_EQ(a.try_reserve(), Error::full);
        EXPECT_EQ(b.try_reserve(), Error::full);
        expect_numbers(consumer, i, 1);
    }
}

TEST_P(SharedProducer, OneThatStandsStillKeepsNobodyFromPublishingBeforeTheRingIsFull) {
    for (const bool has_consumer : {false, true}) {
        const InProcessRing<> ring(shared(4));
        auto still = ring.shared_producer(0);
        auto other = ring.shared_producer(1);
        auto consumer = ring.consumer(0);
        if (!has_consumer) ring::leave(ring.daemon(), 0);
        reserve_number(still, 0);
        publish_numbers(other, 1, 3);
        EXPECT_EQ(other.try_reserve(), Error::full) << "the next slot is the one that is still being written";
        EXPECT_EQ(other.reserve(Deadline::after(5ms)), Error::full);
        EXPECT_EQ(intent_of(ring, 1), 0U);
        still.publish(8);
        if (has_consumer) expect_numbers(consumer, 0, 4);
        EXPECT_EQ(other.reserve(Deadline::after(20s)), ok);
    }
}

TEST_P(SharedProducer, ASecondReservationIsBusyUntilTheFirstIsDone) {
    const InProcessRing<> ring(shared(4));
    auto producer = ring.shared_producer(0);
    auto other = ring.shared_producer(1);
    ASSERT_EQ(producer.try_reserve(), ok);
    EXPECT_TRUE(producer.has_reservation());
    EXPECT_EQ(producer.try_reserve(), Error::busy);
    EXPECT_EQ(producer.reserve(Deadline::never()), Error::busy);
    EXPECT_EQ(other.try_reserve(), ok) << "that is each producer's own affair";
    producer.publish(0);
    EXPECT_EQ(producer.try_reserve(), ok);
}

TEST_P(SharedProducer, ARemovedRingTakesNoMoreMessages) {
    const InProcessRing<> ring(shared(4));
    auto producer = ring.shared_producer(1);
    ASSERT_EQ(producer.try_reserve(), ok);
    ring::mark_removed(ring.daemon());
    producer.publish(0);
    EXPECT_EQ(producer.try_reserve(), Error::removed);
    EXPECT_EQ(producer.reserve(Deadline::never()), Error::removed);
}

TEST_P(SharedProducer, AnAbandonedReservationIsATombstoneThatConsumersStepOver) {
    const InProcessRing<> ring(shared(4));
    auto a = ring.shared_producer(0);
    auto b = ring.shared_producer(1);
    auto lossless = ring.consumer(0);
    auto lossy = ring.lossy_consumer(1);
    for (std::uint64_t round = 0; round < 10; ++round) {
        reserve_number(a, 666);
        publish_numbers(b, round, 1);
        EXPECT_EQ(try_next_code(lossless), Error::empty) << "a reservation is no tombstone yet";
        a.abandon();
        EXPECT_FALSE(a.has_reservation());
        expect_numbers(lossless, round, 1);
        expect_numbers(lossy, round, 1);
        a.abandon();  // of nothing
    }
    EXPECT_EQ(lossless.stepped_over(), 10U);
    EXPECT_EQ(lossy.stepped_over(), 10U);
    EXPECT_EQ(lossy.lost(), 0U);
    EXPECT_EQ(tombstones_of(ring), 10U);
    EXPECT_EQ(ring::observe_ring(ring.daemon()).published, 10U);
}

TEST_P(SharedProducer, IntendsExactlyWhatItHasClaimedAndNotPublished) {
    const InProcessRing<> ring(shared(2));
    auto a = ring.shared_producer(0);
    auto b = ring.shared_producer(1);
    ring.join();
    ASSERT_EQ(a.try_reserve(), ok);
    EXPECT_EQ(intent_of(ring, 0), ring::intent_word(first()));
    ASSERT_EQ(b.try_reserve(), ok);
    EXPECT_EQ(intent_of(ring, 1), ring::intent_word(first() + 1));
    EXPECT_EQ(a.try_reserve(), Error::busy);
    EXPECT_EQ(intent_of(ring, 0), ring::intent_word(first()));
    b.abandon();
    EXPECT_EQ(intent_of(ring, 1), 0U);
    a.publish(8);
    EXPECT_EQ(intent_of(ring, 0), 0U);
    EXPECT_EQ(a.try_reserve(), Error::full);
    EXPECT_EQ(a.reserve(Deadline::after(1ms)), Error::full);
    EXPECT_EQ(intent_of(ring, 0), 0U);
}

TEST_P(SharedProducer, ReservesAsManyInARowAsAreClear) {
    const InProcessRing<> ring(shared(8));
    auto a = ring.shared_producer(0);
    auto b = ring.shared_producer(1);
    auto consumer = ring.consumer();
    ASSERT_EQ(a.try_reserve(5), ok);
    EXPECT_EQ(a.reserved_count(), 5U);
    EXPECT_EQ(intent_of(ring, 0), ring::intent_word(first(), 5));
    ASSERT_EQ(b.try_reserve(100), ok);
    EXPECT_EQ(b.reserved_count(), 3U) << "what is left of the ring";
    EXPECT_EQ(b.position(), first() + 5);
    for (std::uint64_t i = 0; i < 5; ++i) std::memcpy(a.payload(first() + i), &i, sizeof i);
    a.publish_batch(std::vector<std::uint32_t>(5, 8));
    EXPECT_EQ(intent_of(ring, 0), 0U);
    expect_numbers(consumer, 0, 5);
    ASSERT_EQ(a.try_reserve(8), ok);
    EXPECT_EQ(a.reserved_count(), 5U) << "up to the slots that the other has not published";
    a.abandon();
    b.abandon();
    EXPECT_EQ(try_next_code(consumer), Error::empty);
    EXPECT_EQ(consumer.stepped_over(), 8U);
}

TEST_P(SharedProducer, WhatOfABatchIsNotPublishedIsSteppedOver) {
    const InProcessRing<> ring(shared(8));
    auto a = ring.shared_producer(0);
    auto b = ring.shared_producer(1);
    auto consumer = ring.consumer();
    ASSERT_EQ(a.reserve(Deadline::never(), 4), ok);
    publish_numbers(b, 2, 1);
    EXPECT_EQ(ring::observe_producer(ring.daemon(), 0).claimed, 4U);
    for (std::uint64_t i = 0; i < 2; ++i) std::memcpy(a.payload(first() + i), &i, sizeof i);
    a.publish_batch(std::vector<std::uint32_t>(2, 8));
    EXPECT_FALSE(a.has_reservation());
    expect_numbers(consumer, 0, 3);
    EXPECT_EQ(consumer.stepped_over(), 2U);
    EXPECT_EQ(tombstones_of(ring), 2U);
    EXPECT_EQ(ring::observe_producer(ring.daemon(), 0).published, 2U);
    EXPECT_EQ(ring::observe_ring(ring.daemon()).published, 3U);
}

TEST_P(SharedProducer, WhatItsForkedChildForgetsStaysReserved) {
    const InProcessRing<> ring(shared(4));
    auto producer = ring.shared_producer(0);
    auto consumer = ring.consumer();
    reserve_number(producer, 1);
    auto child = producer;
    child.disown();
    EXPECT_FALSE(child.has_reservation());
    EXPECT_EQ(tombstones_of(ring), 0U);
    producer.publish(8);
    expect_numbers(consumer, 1, 1);
}

TEST_P(SharedProducer, TheSharedGateOnlyRises) {
    const InProcessRing<> ring(shared(4));
    auto producer = ring.shared_producer(0);
    ring.join();
    publish_numbers(producer, 0, 2);
    auto& gate = ring.daemon().state().gate.value;
    const layout::Position announced_by_another = first() + 1;
    gate.store(announced_by_another);
    auto late = ring.shared_producer(1);
    publish_numbers(late, 2, 1);
    EXPECT_EQ(late.try_reserve(), ok);
    late.publish(8);
    EXPECT_EQ(late.try_reserve(), Error::full) << "its own scan counts, which finds the cursor at the first position";
    EXPECT_EQ(gate.load(), announced_by_another);
}

TEST_P(SharedProducer, OneThatComesLaterUsesNoSlotBeforeItHasLookedAtTheCursorsItself) {
    const InProcessRing<> ring(shared(4));
    auto producer = ring.shared_producer(0);
    ring.join();
    publish_numbers(producer, 0, 4);
    ring.daemon().state().gate.value.store(first() + 4);  // by one that died before it had made sure of it
    auto late = ring.shared_producer(1);
    EXPECT_EQ(late.try_reserve(), Error::full);
}

TEST_P(SharedProducer, EachLineCountsItsMessagesAndHowOftenTheRingBecameFull) {
    const InProcessRing<> ring(shared(4));
    auto a = ring.shared_producer(0);
    auto b = ring.shared_producer(1);
    auto consumer = ring.consumer();
    const auto line = [&](unsigned i) { return ring::observe_producer(ring.daemon(), i); };
    publish_numbers(a, 0, 3);
    ASSERT_EQ(b.try_reserve(), ok);
    EXPECT_EQ(ring::observe_ring(ring.daemon()).head, first() + 4);
    EXPECT_EQ(ring::observe_ring(ring.daemon()).published, 3U) << "what is reserved is not published";
    EXPECT_EQ(line(0).claimed, 0U);
    EXPECT_EQ(line(1).claimed, 1U);
    b.publish(8);
    EXPECT_EQ(line(1).claimed, 0U);
    EXPECT_EQ(ring::observe_ring(ring.daemon()).published, 4U);
    EXPECT_EQ(line(0).published, 3U);
    EXPECT_EQ(line(1).published, 1U);
    for (int polls = 0; polls < 5; ++polls) EXPECT_EQ(a.try_reserve(), Error::full);
    EXPECT_EQ(line(0).found_full, 1U);
    EXPECT_EQ(line(1).found_full, 0U);
    expect_numbers(consumer, 0, 1);
    publish_numbers(a, 4, 1);
    EXPECT_EQ(a.try_reserve(), Error::full);
    EXPECT_EQ(line(0).found_full, 2U);
}

TEST_P(SharedProducer, MakesNoSystemCallWhileNobodySleeps) {
    const InProcessRing<> ring(shared(4));
    auto a = ring.shared_producer(0);
    auto b = ring.shared_producer(1);
    auto consumer = ring.consumer();
    reset_futex_counts();
    for (std::uint64_t i = 0; i < 100; ++i) {
        publish_numbers(i % 2 == 0 ? a : b, i, 1);
        expect_numbers(consumer, i, 1);
    }
    const FutexCounts counts = futex_counts();
    EXPECT_EQ(counts.sleeps + counts.wakes + counts.barriers, 0U);
}

TEST_P(SharedProducer, TheNewestMessageIsTheLastThatIsPublished) {
    const InProcessRing<> ring(shared(8));
    auto a = ring.shared_producer(0);
    auto b = ring.shared_producer(1);
    ring.join(0);  // holds everything, so that nothing below is written over
    publish_numbers(a, 0, 3);
    reserve_number(b, 666);
    b.abandon();
    reserve_number(b, 4);
    auto newest = ring.consumer(1, ring::JoinAt::newest);
    expect_numbers(newest, 2, 1);
    EXPECT_EQ(try_next_code(newest), Error::empty);
    b.publish(8);
    expect_numbers(newest, 4, 1);
    EXPECT_EQ(newest.stepped_over(), 1U);
}

TEST_P(SharedProducer, AHeadThatNoHonestRingHasMakesTheRingFullAndNobodyHang) {
    for (const std::uint64_t ahead : {two_to_32, two_to_32 + 3, std::uint64_t{8}, std::uint64_t{11}}) {
        const InProcessRing<> ring(shared(8));
        auto producer = ring.shared_producer(0);
        publish_numbers(producer, 0, 12);
        ring.daemon().state().head.value.store(first() + 12 + ahead);
        EXPECT_EQ(producer.try_reserve(), Error::full);
        ring.daemon().state().head.value.store(first() + 3);
        EXPECT_EQ(producer.try_reserve(), Error::full);
    }
}

}  // namespace
}  // namespace ringview::test
