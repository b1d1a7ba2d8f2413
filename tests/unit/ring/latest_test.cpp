#include <array>
#include <cstdint>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "futex_probe.hpp"
#include "ring_fixture.hpp"

namespace ringview::test {
namespace {

using namespace std::chrono_literals;
using layout::MemberPolicy;
using ring::Deadline;

class Latest : public RingFrom {};
RINGVIEW_FROM_EVERY_WRAP(Latest);

template <class Consumer>
ring::Received take_latest(Consumer& consumer) {
    ring::Received message;
    EXPECT_EQ(consumer.try_latest(message), ok);
    return message;
}

template <class Consumer>
Error::Code try_latest_code(Consumer& consumer) {
    ring::Received message;
    return consumer.try_latest(message);
}

/// Everything that passes the consumer, for the policies that both must keep this.
template <class Consumer>
std::uint64_t passed(const Consumer& consumer, std::uint64_t delivered) {
    return delivered + consumer.lost() + consumer.stepped_over() + consumer.skipped();
}

TEST_P(Latest, GivesTheNewestMessageAndCountsThoseBeforeItAsSkipped) {
    for (const MemberPolicy policy : {MemberPolicy::lossless, MemberPolicy::lossy}) {
        const InProcessRing<> ring(parameters(8));
        auto producer = ring.producer();
        auto consumer = ring.consumer_from(first(), 0, policy);
        publish_numbers(producer, 0, 6);
        const ring::Received message = take_latest(consumer);
        EXPECT_EQ(number_in(message), 5U);
        EXPECT_EQ(message.lost_before, 0U);
        EXPECT_EQ(consumer.skipped(), 5U);
        EXPECT_EQ(consumer.lost(), 0U);
        EXPECT_EQ(ring::observe_subscription(ring.daemon(), 0).skipped, 5U);
        consumer.release(message.position);
        EXPECT_EQ(consumer.pos(), first() + 6);
    }
}

TEST_P(Latest, IsEmptyWhereTheNewestWasHandedOutAlready) {
    for (const MemberPolicy policy : {MemberPolicy::lossless, MemberPolicy::lossy}) {
        const InProcessRing<> ring(parameters(8));
        auto producer = ring.producer();
        auto consumer = ring.consumer_from(first(), 0, policy);
        EXPECT_EQ(try_latest_code(consumer), Error::empty);
        publish_numbers(producer, 0, 3);
        consumer.release(take_latest(consumer).position);
        EXPECT_EQ(try_latest_code(consumer), Error::empty);
        EXPECT_EQ(consumer.skipped(), 2U);
        publish_numbers(producer, 3, 1);
        EXPECT_EQ(number_in(take_latest(consumer)), 3U);
        EXPECT_EQ(consumer.skipped(), 2U);
    }
}

TEST_P(Latest, FreesWhatALosslessConsumerSkips) {
    const InProcessRing<> ring(parameters(4));
    auto producer = ring.producer();
    auto consumer = ring.consumer();
    publish_numbers(producer, 0, 4);
    EXPECT_EQ(producer.try_reserve(), Error::full);
    const ring::Received held = take_latest(consumer);
    publish_numbers(producer, 4, 3);
    EXPECT_EQ(producer.try_reserve(), Error::full);
    EXPECT_EQ(number_in(held), 3U);
}

TEST_P(Latest, WakesTheProducerThatSleepsForWhatIsSkipped) {
    const InProcessRing<> ring(parameters(4));
    auto producer = ring.producer();
    auto consumer = ring.consumer();
    publish_numbers(producer, 0, 4);
    stretch_sleeps(20s);
    reset_futex_counts();
    std::thread thread([&] { EXPECT_EQ(producer.reserve(Deadline::never()), ok); });
    EXPECT_TRUE(await_sleepers(1));
    take_latest(consumer);
    thread.join();
    EXPECT_EQ(futex_counts().overslept, 0U);
    stretch_sleeps(ring::longest_sleep);
}

TEST_P(Latest, SkipsAnyNumberOfMessagesWhileTheOneBeforeIsHeld) {
    for (const MemberPolicy policy : {MemberPolicy::lossless, MemberPolicy::lossy}) {
        const InProcessRing<> ring(parameters(256));
        auto producer = ring.producer();
        auto consumer = ring.consumer_from(first(), 0, policy);
        publish_numbers(producer, 0, 1);
        ring::Received held = take_latest(consumer);
        std::uint64_t sent = 1;
        for (std::uint64_t round = 1; round < 20; ++round) {
            publish_numbers(producer, sent, 200);
            sent += 200;
            const ring::Received message = take_latest(consumer);
            ASSERT_EQ(number_in(message), sent - 1);
            EXPECT_EQ(number_in(held), sent - 201);
            consumer.release(held.position);
            held = message;
            EXPECT_EQ(consumer.pos(), held.position);
        }
        EXPECT_EQ(passed(consumer, 20), sent);
    }
}

TEST_P(Latest, LeavesRoomForNoMoreThanAConsumerMayHoldInTheBatchesBehindIt) {
    const InProcessRing<> ring(parameters(256));
    auto producer = ring.producer();
    auto consumer = ring.consumer();
    publish_numbers(producer, 0, 1);
    std::vector<ring::Received> held{take_latest(consumer)};
    publish_numbers(producer, 1, 100);
    held.push_back(take_latest(consumer));
    publish_numbers(producer, 101, 100);
    std::array<ring::Received, 64> messages;
    std::size_t count = 0;
    while (consumer.try_next_batch(messages, count) == ok) held.insert(held.end(), &messages[0], &messages[count]);
    EXPECT_LE(held.size(), ring::LosslessConsumer<>::max_held);
    for (const ring::Received& message : held) consumer.release(message.position);
    EXPECT_EQ(consumer.pos(), consumer.next_position());
    EXPECT_EQ(consumer.next_position(), first() + 99 + held.size());
}

TEST_P(Latest, OfALosslessConsumerThatHoldsMessagesFromBeforeTwoJumpsIsRefusedAndSkipsNothing) {
    const InProcessRing<> ring(parameters(256));
    auto producer = ring.producer();
    auto consumer = ring.consumer();
    publish_numbers(producer, 0, 1);
    const ring::Received first_held = take_latest(consumer);
    publish_numbers(producer, 1, 100);
    const ring::Received second_held = take_latest(consumer);
    publish_numbers(producer, 101, 100);
    EXPECT_EQ(try_latest_code(consumer), Error::too_many_held);
    EXPECT_EQ(consumer.skipped(), 99U);
    EXPECT_EQ(number_in(first_held), 0U);
    consumer.release(first_held.position);
    EXPECT_EQ(number_in(take_latest(consumer)), 200U);
    EXPECT_EQ(number_in(second_held), 100U);
}

TEST_P(Latest, PassesATombstoneAtTheNewestPosition) {
    for (const MemberPolicy policy : {MemberPolicy::lossless, MemberPolicy::lossy}) {
        const InProcessRing<> ring(parameters(8));
        auto producer = ring.producer();
        auto consumer = ring.consumer_from(first(), 0, policy);
        publish_numbers(producer, 0, 5);
        for (const std::uint64_t number : {1U, 3U, 4U})
            ring.daemon().slot(first() + number).seq.store(layout::tombstone_of(first() + number));
        EXPECT_EQ(number_in(take_latest(consumer)), 2U);
        EXPECT_EQ(consumer.skipped(), 2U) << "a tombstone among what is skipped counts as skipped";
        EXPECT_EQ(try_latest_code(consumer), Error::empty);
        EXPECT_EQ(consumer.stepped_over(), 2U);
        EXPECT_EQ(passed(consumer, 1), consumer.next_position() - first());
    }
}

TEST_P(Latest, StepsOverTombstonesWhereNothingElseIsThere) {
    const InProcessRing<> ring(parameters(8));
    auto producer = ring.producer();
    auto consumer = ring.consumer();
    publish_numbers(producer, 0, 3);
    for (const std::uint64_t number : {0U, 1U, 2U})
        ring.daemon().slot(first() + number).seq.store(layout::tombstone_of(first() + number));
    EXPECT_EQ(try_latest_code(consumer), Error::empty);
    EXPECT_EQ(consumer.stepped_over(), 3U);
    EXPECT_EQ(consumer.skipped(), 0U);
}

TEST_P(Latest, FindsAMessageWhoseProducerHasNotStoredHeadYet) {
    const InProcessRing<> ring(parameters(8));
    auto producer = ring.producer();
    auto consumer = ring.consumer();
    publish_numbers(producer, 0, 3);
    ring.daemon().state().head.value.store(first() + 2);
    EXPECT_EQ(number_in(take_latest(consumer)), 2U);
}

TEST_P(Latest, OfALappedConsumerIsTheNewestAndNothingOfItIsLost) {
    const InProcessRing<> ring(parameters(8));
    auto producer = ring.producer();
    auto consumer = ring.lossy_consumer();
    publish_numbers(producer, 0, 100);
    EXPECT_EQ(number_in(take_latest(consumer)), 99U);
    EXPECT_EQ(consumer.skipped(), 99U);
    EXPECT_EQ(consumer.lost(), 0U);
}

TEST_P(Latest, WaitsWhereThereIsNothingNewer) {
    const InProcessRing<> ring(parameters(8));
    auto producer = ring.producer();
    auto consumer = ring.consumer();
    publish_numbers(producer, 0, 1);
    consumer.release(take_latest(consumer).position);
    ring::Received message;
    EXPECT_EQ(consumer.latest(message, Deadline::after(2ms)), Error::empty);
    stretch_sleeps(20s);
    reset_futex_counts();
    std::thread thread([&] { EXPECT_EQ(consumer.latest(message, Deadline::never()), ok); });
    EXPECT_TRUE(await_sleepers(1));
    publish_numbers(producer, 1, 1);
    thread.join();
    EXPECT_EQ(futex_counts().overslept, 0U);
    stretch_sleeps(ring::longest_sleep);
    EXPECT_EQ(number_in(message), 1U);
}

TEST_P(Latest, OfAHostileHeadIsBoundedAndStaysInTheRing) {
    const InProcessRing<> ring(parameters(8));
    auto lossless = ring.consumer(0);
    auto lossy = ring.lossy_consumer(1);
    for (const layout::Position head : {first() + two_to_32, first() + two_to_63 - 1, first() - 1, first() + 3}) {
        ring.daemon().state().head.value.store(head);
        for (int i = 0; i < 20; ++i) {
            try_latest_code(lossless);
            try_latest_code(lossy);
        }
    }
}

class StartPosition : public RingFrom {};
RINGVIEW_FROM_EVERY_WRAP(StartPosition);

TEST_P(StartPosition, BeginsThereWhereItIsStillKept) {
    for (const MemberPolicy policy : {MemberPolicy::lossless, MemberPolicy::lossy}) {
        const InProcessRing<> ring(parameters(8, 6));
        auto producer = ring.producer();
        publish_numbers(producer, 0, 20);
        auto consumer = ring.consumer_from(first() + 15, 0, policy);
        EXPECT_EQ(consumer.next_position(), first() + 15);
        EXPECT_EQ(consumer.lost(), 0U);
        expect_numbers(consumer, 15, 5);
        auto at_head = ring.consumer_from(first() + 20, 1, policy);
        EXPECT_EQ(try_next_code(at_head), Error::empty);
    }
}

TEST_P(StartPosition, BelowWhatIsKeptIsClampedAndTheFirstMessageTellsWhatWasLost) {
    for (const MemberPolicy policy : {MemberPolicy::lossless, MemberPolicy::lossy}) {
        const InProcessRing<> ring(parameters(8, 4));
        auto producer = ring.producer();
        publish_numbers(producer, 0, 100);
        auto consumer = ring.consumer_from(first() + 10, 0, policy);
        const std::uint64_t start = consumer.next_position() - first();
        EXPECT_GE(start, 92U);
        EXPECT_EQ(ring::observe_subscription(ring.daemon(), 0).lost, start - 10);
        ring::Received message;
        ASSERT_EQ(consumer.try_next(message), ok);
        EXPECT_EQ(number_in(message), start);
        EXPECT_EQ(message.lost_before, start - 10);
        ASSERT_EQ(consumer.try_next(message), ok);
        EXPECT_EQ(message.lost_before, 0U);
        EXPECT_EQ(consumer.lost(), start - 10);
    }
}

}  // namespace
}  // namespace ringview::test
