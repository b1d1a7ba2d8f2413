#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "futex_probe.hpp"
#include "ring_fixture.hpp"

namespace ringview::test {
namespace {

using namespace std::chrono_literals;
using ring::Deadline;

class ProducerSide : public RingFrom {};
RINGVIEW_FROM_EVERY_WRAP(ProducerSide);

TEST_P(ProducerSide, ReserveAnswersFullWhenEverySlotIsUnread) {
    const InProcessRing<> ring(parameters(4));
    auto producer = ring.producer();
    ring.join();
    publish_numbers(producer, 0, 4);
    EXPECT_EQ(producer.try_reserve(), Error::full);
    EXPECT_FALSE(producer.has_reservation());
    EXPECT_EQ(producer.try_reserve(), Error::full);
}

TEST_P(ProducerSide, EachReleaseMakesRoomForOneMessage) {
    const InProcessRing<> ring(parameters(4));
    auto producer = ring.producer();
    auto consumer = ring.consumer();
    publish_numbers(producer, 0, 4);
    for (std::uint64_t i = 0; i < 20; ++i) {
        expect_numbers(consumer, i, 1);
        EXPECT_EQ(try_publish_number(producer, 4 + i), ok);
        EXPECT_EQ(producer.try_reserve(), Error::full);
    }
}

TEST_P(ProducerSide, AMessageThatIsReadButNotReleasedKeepsItsSlot) {
    const InProcessRing<> ring(parameters(2));
    auto producer = ring.producer();
    auto consumer = ring.consumer();
    publish_numbers(producer, 0, 2);
    ring::Received held;
    ASSERT_EQ(consumer.try_next(held), ok);
    EXPECT_EQ(producer.try_reserve(), Error::full);
    EXPECT_EQ(number_in(held), 0U);
    consumer.release(held.position);
    EXPECT_EQ(producer.try_reserve(), ok);
}

TEST_P(ProducerSide, NeverBecomesFullWithoutSubscriptions) {
    const InProcessRing<> ring(parameters(4, 3));
    auto producer = ring.producer();
    publish_numbers(producer, 0, 40);
    EXPECT_EQ(producer.position(), first() + 40);
}

TEST_P(ProducerSide, ARingOfOneSlotPassesMessagesOneByOne) {
    const InProcessRing<> ring(parameters(1));
    auto producer = ring.producer();
    auto consumer = ring.consumer();
    for (std::uint64_t i = 0; i < 10; ++i) {
        EXPECT_EQ(try_publish_number(producer, i), ok);
        EXPECT_EQ(producer.try_reserve(), Error::full);
        expect_numbers(consumer, i, 1);
    }
}

TEST_P(ProducerSide, ASecondReservationIsBusyUntilTheFirstIsDone) {
    const InProcessRing<> ring(parameters(4));
    auto producer = ring.producer();
    ASSERT_EQ(producer.try_reserve(), ok);
    EXPECT_TRUE(producer.has_reservation());
    EXPECT_EQ(producer.try_reserve(), Error::busy);
    EXPECT_EQ(producer.reserve(Deadline::never()), Error::busy);
    producer.publish(0);
    EXPECT_EQ(producer.try_reserve(), ok);
    producer.abandon();
    EXPECT_EQ(producer.try_reserve(), ok);
}

TEST_P(ProducerSide, AnAbandonedSlotIsUsedAgainAndNobodySeesIt) {
    const InProcessRing<> ring(parameters(4));
    auto producer = ring.producer();
    auto consumer = ring.consumer();
    publish_numbers(producer, 7, 1);
    ASSERT_EQ(producer.try_reserve(), ok);
    const layout::Position abandoned = producer.position();
    write_number(producer, 666);
    producer.abandon();
    expect_numbers(consumer, 7, 1);
    EXPECT_EQ(try_next_code(consumer), Error::empty);
    publish_numbers(producer, 8, 1);
    ring::Received message;
    ASSERT_EQ(consumer.try_next(message), ok);
    EXPECT_EQ(message.position, abandoned);
    EXPECT_EQ(number_in(message), 8U);
}

TEST_P(ProducerSide, MessagesOfEveryLengthUpToTheCapacityComeThrough) {
    layout::RingParameters p = parameters(4);
    p.slot_bytes = 100;
    const InProcessRing<> ring(p);
    auto producer = ring.producer();
    auto consumer = ring.consumer();
    for (std::uint32_t length = 0; length <= 100; ++length) {
        ASSERT_EQ(producer.try_reserve(), ok);
        std::memset(producer.payload(), static_cast<int>(length + 1), length);
        producer.publish(length);
        ring::Received message;
        ASSERT_EQ(consumer.try_next(message), ok);
        EXPECT_EQ(message.length, length);
        EXPECT_EQ(std::vector<std::byte>(message.payload, message.payload + message.length),
                  std::vector<std::byte>(length, static_cast<std::byte>(length + 1)));
        consumer.release(message.position);
    }
}

TEST_P(ProducerSide, APayloadLiesAtTheAskedAlignment) {
    layout::RingParameters p = parameters(4);
    p.alignment = 4096;
    const InProcessRing<> ring(p);
    auto producer = ring.producer();
    for (int i = 0; i < 6; ++i) {
        ASSERT_EQ(producer.try_reserve(), ok);
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(producer.payload()) % 4096, 0U);
        producer.publish(8);
    }
}

TEST_P(ProducerSide, ATimedReserveAnswersFullOnceItsTimeIsOver) {
    for (const bool asymmetric : {true, false}) {
        layout::RingParameters p = parameters(2);
        p.asymmetric_barrier = asymmetric;
        const InProcessRing<> ring(p);
        auto producer = ring.producer();
        ring.join();
        publish_numbers(producer, 0, 2);
        const Deadline deadline = Deadline::after(5ms);
        EXPECT_EQ(producer.reserve(deadline), Error::full);
        EXPECT_TRUE(deadline.has_passed());
        EXPECT_FALSE(producer.has_reservation());
        EXPECT_EQ(producer.reserve(deadline), Error::full) << "a time that is over already is no reason to wait";
        EXPECT_EQ(ring.daemon().state().producers_waiting.value.load(), 0U) << "awake again, it is not to be woken";
    }
}

TEST_P(ProducerSide, ReserveDoesNotWaitWhereThereIsRoom) {
    const InProcessRing<> ring(parameters(2));
    auto producer = ring.producer();
    reset_futex_counts();
    EXPECT_EQ(producer.reserve(Deadline::never()), ok);
    producer.publish(0);
    EXPECT_EQ(producer.reserve(Deadline::after(0ns)), ok);
    EXPECT_EQ(futex_counts().sleeps, 0U);
}

TEST_P(ProducerSide, MakesNoSystemCallWhileNobodySleeps) {
    const InProcessRing<> ring(parameters(4));
    auto producer = ring.producer();
    auto consumer = ring.consumer();
    reset_futex_counts();
    for (std::uint64_t i = 0; i < 100; ++i) {
        publish_numbers(producer, i, 1);
        expect_numbers(consumer, i, 1);
    }
    const FutexCounts counts = futex_counts();
    EXPECT_EQ(counts.sleeps + counts.wakes + counts.barriers, 0U);
}

TEST_P(ProducerSide, ARemovedRingTakesNoMoreMessages) {
    const InProcessRing<> ring(parameters(4));
    auto producer = ring.producer();
    publish_numbers(producer, 0, 1);
    ring::mark_removed(ring.daemon());
    EXPECT_EQ(producer.try_reserve(), Error::removed);
    EXPECT_EQ(producer.reserve(Deadline::never()), Error::removed);
}

TEST_P(ProducerSide, ItsLineCountsMessagesAndHowOftenTheRingBecameFull) {
    const InProcessRing<> ring(parameters(2));
    auto producer = ring.producer();
    auto consumer = ring.consumer();
    const auto line = [&] { return ring::observe_producer(ring.daemon(), 0); };
    publish_numbers(producer, 0, 2);
    EXPECT_EQ(line().published, 2U);
    EXPECT_EQ(line().found_full, 0U);
    for (int polls = 0; polls < 5; ++polls) EXPECT_EQ(producer.try_reserve(), Error::full);
    EXPECT_EQ(line().found_full, 1U) << "the ring became full once, however often it was asked";
    expect_numbers(consumer, 0, 1);
    publish_numbers(producer, 2, 1);
    EXPECT_EQ(producer.try_reserve(), Error::full);
    EXPECT_EQ(line().found_full, 2U);
    EXPECT_EQ(line().published, 3U);
}

}  // namespace
}  // namespace ringview::test
