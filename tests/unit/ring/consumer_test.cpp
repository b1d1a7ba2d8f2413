#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "ring_fixture.hpp"

namespace ringview::test {
namespace {

using namespace std::chrono_literals;
using ring::Deadline;

class ConsumerSide : public RingFrom {};
RINGVIEW_FROM_EVERY_WRAP(ConsumerSide);

template <class Consumer>
std::vector<layout::Position> take_all(Consumer& consumer) {
    std::vector<layout::Position> positions;
    ring::Received message;
    while (consumer.try_next(message) == ok) positions.push_back(message.position);
    return positions;
}

TEST_P(ConsumerSide, IsEmptyUntilAMessageIsPublished) {
    const InProcessRing<> ring(parameters(4));
    auto producer = ring.producer();
    auto consumer = ring.consumer();
    EXPECT_EQ(try_next_code(consumer), Error::empty);
    ASSERT_EQ(producer.try_reserve(), ok);
    EXPECT_EQ(try_next_code(consumer), Error::empty) << "a reserved slot is no message yet";
    producer.publish(0);
    EXPECT_EQ(try_next_code(consumer), ok);
    EXPECT_EQ(try_next_code(consumer), Error::empty) << "each message comes once";
}

TEST_P(ConsumerSide, MessagesComeInOrderWithTheirPositionsLapAfterLap) {
    const InProcessRing<> ring(parameters(8));
    auto producer = ring.producer();
    auto consumer = ring.consumer();
    for (std::uint64_t sent = 0; sent < 80; sent += 5) {
        publish_numbers(producer, sent, 5);
        EXPECT_EQ(consumer.lag(), 5U);
        EXPECT_EQ(consumer.next_position(), first() + sent);
        expect_numbers(consumer, sent, 5);
        EXPECT_EQ(consumer.lag(), 0U);
    }
    EXPECT_EQ(consumer.pos(), first() + 80);
    EXPECT_FALSE(consumer.holds_messages());
}

TEST_P(ConsumerSide, PosFollowsTheLowestUnreleasedMessageWhateverTheOrder) {
    const InProcessRing<> ring(parameters(8));
    const auto& pos = ring.daemon().cursor(0).pos;
    std::mt19937 random(1);
    auto producer = ring.producer();
    auto consumer = ring.consumer();
    for (int round = 0; round < 200; ++round) {
        publish_numbers(producer, 0, 8);
        std::vector<layout::Position> held = take_all(consumer);
        ASSERT_EQ(held.size(), 8U);
        const layout::Position end = held.back() + 1;
        std::vector<layout::Position> unreleased = held;
        std::shuffle(held.begin(), held.end(), random);
        for (const layout::Position position : held) {
            consumer.release(position);
            unreleased.erase(std::find(unreleased.begin(), unreleased.end(), position));
            const layout::Position lowest = unreleased.empty() ? end : unreleased.front();
            ASSERT_EQ(consumer.pos(), lowest);
            ASSERT_EQ(pos.load(), lowest) << "this is what producers see";
        }
    }
}

TEST_P(ConsumerSide, HeldMessagesKeepTheirContentWhileLaterOnesAreReleased) {
    const InProcessRing<> ring(parameters(4));
    auto producer = ring.producer();
    auto consumer = ring.consumer();
    publish_numbers(producer, 10, 4);
    ring::Received first_message;
    ASSERT_EQ(consumer.try_next(first_message), ok);
    expect_numbers(consumer, 11, 3);
    EXPECT_EQ(try_publish_number(producer, 14), Error::full) << "the first is still held";
    EXPECT_EQ(number_in(first_message), 10U);
    consumer.release(first_message.position);
    publish_numbers(producer, 14, 4);
    expect_numbers(consumer, 14, 4);
}

TEST_P(ConsumerSide, Holds64MessagesAndNoMore) {
    const InProcessRing<> ring(parameters(128));
    auto producer = ring.producer();
    auto consumer = ring.consumer();
    publish_numbers(producer, 0, 100);
    const std::vector<layout::Position> held = take_all(consumer);
    ASSERT_EQ(held.size(), 64U);
    EXPECT_EQ(try_next_code(consumer), Error::too_many_held);
    ring::Received message;
    EXPECT_EQ(consumer.next(message, Deadline::never()), Error::too_many_held) << "waiting would not help";
    consumer.release(held[63]);
    EXPECT_EQ(try_next_code(consumer), Error::too_many_held) << "the oldest decides";
    consumer.release(held[0]);
    EXPECT_EQ(try_next_code(consumer), ok);
    EXPECT_EQ(try_next_code(consumer), Error::too_many_held);
}

TEST_P(ConsumerSide, All64HeldMessagesCanBeReleasedInReverse) {
    const InProcessRing<> ring(parameters(64));
    auto producer = ring.producer();
    auto consumer = ring.consumer();
    for (std::uint64_t round = 0; round < 3; ++round) {
        publish_numbers(producer, round * 64, 64);
        std::vector<layout::Position> held = take_all(consumer);
        ASSERT_EQ(held.size(), 64U);
        std::reverse(held.begin(), held.end());
        for (const layout::Position position : held) {
            EXPECT_EQ(producer.try_reserve(), Error::full);
            consumer.release(position);
        }
        EXPECT_EQ(consumer.pos(), first() + (round + 1) * 64);
    }
}

TEST_P(ConsumerSide, ATimedNextAnswersEmptyOnceItsTimeIsOver) {
    for (const bool asymmetric : {true, false}) {
        layout::RingParameters p = parameters(4);
        p.asymmetric_barrier = asymmetric;
        const InProcessRing<> ring(p);
        auto consumer = ring.consumer();
        ring::Received message;
        const Deadline deadline = Deadline::after(5ms);
        EXPECT_EQ(consumer.next(message, deadline), Error::empty);
        EXPECT_TRUE(deadline.has_passed());
        EXPECT_EQ(consumer.next(message, deadline), Error::empty) << "a time that is over already is no reason to wait";
        EXPECT_EQ(ring.daemon().waiters().bits.load(), 0U) << "awake again, it is not to be woken";
    }
}

TEST_P(ConsumerSide, ATombstoneIsSteppedOverAndCounted) {
    const InProcessRing<> ring(parameters(8));
    auto producer = ring.producer();
    auto consumer = ring.consumer();
    publish_numbers(producer, 0, 4);
    for (const std::uint64_t buried : {1U, 2U})
        ring.daemon().slot(first() + buried).seq.store(layout::tombstone_of(first() + buried));
    expect_numbers(consumer, 0, 1);
    expect_numbers(consumer, 3, 1);
    EXPECT_EQ(consumer.stepped_over(), 2U);
    EXPECT_EQ(ring.daemon().cursor(0).stepped_over.load(), 2U);
    EXPECT_EQ(consumer.pos(), first() + 4) << "a tombstone holds nobody up";
}

TEST_P(ConsumerSide, ARingFullOfTombstonesIsPassedInOneCallAndIsEmpty) {
    const InProcessRing<> ring(parameters(8));
    auto producer = ring.producer();
    auto consumer = ring.consumer();
    publish_numbers(producer, 0, 8);
    for (layout::Position p = first(); p != first() + 8; ++p) ring.daemon().slot(p).seq.store(layout::tombstone_of(p));
    EXPECT_EQ(try_next_code(consumer), Error::empty);
    EXPECT_EQ(consumer.stepped_over(), 8U);
    publish_numbers(producer, 8, 1);
    expect_numbers(consumer, 8, 1);
}

TEST_P(ConsumerSide, ARemovedRingIsToldOnceNothingIsLeftToRead) {
    const InProcessRing<> ring(parameters(4));
    auto producer = ring.producer();
    auto consumer = ring.consumer();
    publish_numbers(producer, 0, 2);
    ring::mark_removed(ring.daemon());
    expect_numbers(consumer, 0, 2);
    EXPECT_EQ(try_next_code(consumer), Error::removed);
    ring::Received message;
    EXPECT_EQ(consumer.next(message, Deadline::never()), Error::removed);
}

TEST_P(ConsumerSide, AnEvictedConsumerIsToldOnceNothingIsLeftToRead) {
    for (const auto state : {layout::MemberState::evicting, layout::MemberState::evicted}) {
        const InProcessRing<> ring(parameters(4));
        auto producer = ring.producer();
        auto consumer = ring.consumer();
        publish_numbers(producer, 0, 2);
        ring.set_state(0, state);
        expect_numbers(consumer, 0, 2);
        EXPECT_EQ(try_next_code(consumer), Error::evicted);
        ring::Received message;
        EXPECT_EQ(consumer.next(message, Deadline::never()), Error::evicted);
    }
}

TEST_P(ConsumerSide, AnEvictedConsumerThatWasLappedIsToldSo) {
    const InProcessRing<> ring(parameters(4));
    auto producer = ring.producer();
    auto consumer = ring.consumer();
    publish_numbers(producer, 0, 3);
    ring::leave(ring.daemon(), 0);
    ring.set_state(0, layout::MemberState::evicted);
    publish_numbers(producer, 3, 6);
    EXPECT_EQ(try_next_code(consumer), Error::evicted);
    ring::Received message;
    EXPECT_EQ(consumer.next(message, Deadline::never()), Error::evicted);
}

TEST_P(ConsumerSide, AMessageTooShortForTheRingIsPassedOverAsCorruptAndLost) {
    const InProcessRing<> ring(parameters(4));
    auto producer = ring.producer();
    auto consumer = ring.consumer(0, ring::JoinAt::next, sizeof(std::uint64_t));
    publish_numbers(producer, 1, 1);
    ASSERT_EQ(producer.try_reserve(), ok);
    producer.publish(sizeof(std::uint64_t) - 1);
    publish_numbers(producer, 3, 1);
    expect_numbers(consumer, 1, 1);
    EXPECT_EQ(try_next_code(consumer), Error::corrupt);
    EXPECT_EQ(consumer.lost(), 1U);
    EXPECT_EQ(ring.daemon().cursor(0).lost.load(), 1U);
    expect_numbers(consumer, 3, 1);
    EXPECT_EQ(consumer.pos(), first() + 3) << "what was passed over holds nobody up";
}

}  // namespace
}  // namespace ringview::test
