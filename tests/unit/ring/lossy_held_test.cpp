#include <chrono>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "interrupted_atomic.hpp"
#include "ring_fixture.hpp"

/// What a lossy consumer holds: never overwritten, and never more of a ring than its half.
namespace ringview::test {
namespace {

using namespace std::chrono_literals;
using ring::Deadline;

class LossyHeld : public RingFrom {};
RINGVIEW_FROM_EVERY_WRAP(LossyHeld);

TEST_P(LossyHeld, AHeldMessageIsNeverOverwrittenHoweverFarItIsLapped) {
    const InProcessRing<> ring(parameters(8));
    auto producer = ring.producer();
    auto lossy = ring.lossy_consumer(0);
    auto lossless = ring.consumer(1);
    publish_numbers(producer, 0, 3);
    expect_numbers(lossy, 0, 1);
    const ring::Received held = take(lossy);
    for (std::uint64_t sent = 3, read = 0; sent < 200; ++sent) {
        publish_numbers(producer, sent, 1);
        for (ring::Received message; lossless.try_next(message) == ok; ++read) {
            EXPECT_EQ(number_in(message), read) << "no message is missing between the tombstones";
            lossless.release(message.position);
        }
        ASSERT_EQ(number_in(held), 1U);
    }
    const std::uint64_t tombstones = tombstones_of(ring);
    EXPECT_GT(tombstones, 20U) << "each lap leaves one";
    EXPECT_EQ(lossless.stepped_over(), tombstones);
    EXPECT_EQ(ring::observe_ring(ring.daemon()).published, 200U);
    lossy.release(held.position);
    for (std::uint64_t sent = 200; sent < 250; ++sent) {
        publish_numbers(producer, sent, 1);
        expect_numbers(lossless, sent, 1);
    }
    EXPECT_EQ(tombstones_of(ring), tombstones) << "the slot is used again";
}

TEST_P(LossyHeld, SeveralHeldMessagesSurviveInAnyOrderOfRelease) {
    const InProcessRing<> ring(parameters(16));
    auto producer = ring.producer();
    auto consumer = ring.lossy_consumer();
    std::vector<ring::Received> held;
    std::uint64_t sent = 0;
    for (int round = 0; round < 4; ++round) {
        publish_numbers(producer, sent, 40);
        sent += 40;
        held.push_back(take(consumer));
        held.push_back(take(consumer));
    }
    std::vector<std::uint64_t> numbers;
    numbers.reserve(held.size());
    for (const ring::Received& message : held) numbers.push_back(number_in(message));
    for (const std::size_t index : {3U, 0U, 7U, 1U, 6U, 2U, 5U, 4U}) {
        publish_numbers(producer, sent, 40);
        sent += 40;
        for (std::size_t i = 0; i < held.size(); ++i) {
            if (held[i].payload == nullptr) continue;
            ASSERT_EQ(number_in(held[i]), numbers[i]) << "held message " << i;
        }
        consumer.release(held[index].position);
        held[index].payload = nullptr;
    }
    const std::uint64_t before = tombstones_of(ring);
    publish_numbers(producer, sent, 40);
    EXPECT_EQ(tombstones_of(ring), before) << "nothing is held any more";
}

TEST_P(LossyHeld, HoldsAtMostHalfOfTheRing) {
    const InProcessRing<> ring(parameters(8));
    auto producer = ring.producer();
    auto consumer = ring.lossy_consumer();
    publish_numbers(producer, 0, 8);
    const ring::Received first = take(consumer);
    for (int i = 1; i < 4; ++i) take(consumer);
    EXPECT_EQ(try_next_code(consumer), Error::too_many_held);
    consumer.release(first.position);
    EXPECT_EQ(number_in(take(consumer)), 4U);
}

TEST_P(LossyHeld, OneHeldMessageDoesNotTieDownThoseReadAfterIt) {
    const InProcessRing<> ring(parameters(8));
    auto producer = ring.producer();
    auto consumer = ring.lossy_consumer();
    publish_numbers(producer, 0, 1);
    const ring::Received held = take(consumer);
    for (std::uint64_t i = 1; i < 500; ++i) {
        publish_numbers(producer, i, 1);
        expect_numbers(consumer, i, 1);
    }
    EXPECT_EQ(number_in(held), 0U);
    EXPECT_EQ(consumer.lost(), 0U);
}

TEST_P(LossyHeld, AMessageKeptForLongAndAnotherOnlyUntilTheNextLeaveTheRestOfTheRingFree) {
    const InProcessRing<> ring(parameters(16));
    auto producer = ring.producer();
    auto consumer = ring.lossy_consumer();
    publish_numbers(producer, 0, 2);
    const ring::Received kept = take(consumer);
    ring::Received previous = take(consumer);
    for (std::uint64_t i = 2; i < 500; ++i) {
        ASSERT_EQ(try_publish_number(producer, i), ok) << "message " << i;
        const ring::Received message = take(consumer);
        ASSERT_EQ(number_in(message), i);
        ASSERT_EQ(number_in(previous), i - 1);
        consumer.release(previous.position);
        previous = message;
    }
    EXPECT_EQ(number_in(kept), 0U);
    EXPECT_EQ(consumer.lost(), 0U);
    EXPECT_LE(consumer.stepped_over(), 500U / 15U + 1U) << "one a lap";
}

TEST_P(LossyHeld, WhatLiesBetweenHeldMessagesNeverTiesDownMoreThanHalfOfTheRing) {
    const InProcessRing<> ring(parameters(16));
    auto producer = ring.producer();
    auto consumer = ring.lossy_consumer();
    std::uint64_t sent = 0;
    std::vector<ring::Received> ends;
    for (int round = 0; round < 8; ++round) {  // takes what it may, then keeps the first and the last
        publish_numbers(producer, sent, 16);
        sent += 16;
        std::vector<ring::Received> taken;
        for (ring::Received message; consumer.try_next(message) == ok;) taken.push_back(message);
        if (taken.empty()) break;
        for (std::size_t i = 1; i + 1 < taken.size(); ++i) consumer.release(taken[i].position);
        ends.push_back(taken.front());
        if (taken.size() > 1) ends.push_back(taken.back());
    }
    std::uint64_t in_use = 0;
    for (layout::Position slot = 0; slot < 16; ++slot) {
        for (const auto& word : ring.daemon().cursor(0).held) {
            if (ring::holds_slot_of(word.load(), slot, 16)) {
                ++in_use;
                break;
            }
        }
    }
    EXPECT_LE(in_use, 8U);
    for (const ring::Received& message : ends) consumer.release(message.position);
    publish_numbers(producer, sent, 100);
}

TEST_P(LossyHeld, ConsumerThatPollsForAMessageIsNotInTheWayOfIt) {
    const InProcessRing<std::atomic, InterruptedAtomic> ring(parameters(8));
    auto producer = ring.producer();
    ring.join_lossy(0);  // lags, so that the producer must lap it
    auto poller = ring.lossy_consumer(1);
    publish_numbers(producer, 0, 8);
    expect_numbers(poller, 0, 8);
    using Word = InterruptedAtomic<std::uint64_t>;
    for (std::uint64_t number = 8; number < 40; ++number) {
        // The second look of a call is the one that finds nothing.
        const auto publish = [&] { EXPECT_EQ(try_publish_number(producer, number), ok); };
        Word::interruption = [&] { Word::interruption = publish; };
        Word::interrupted_word = &ring.daemon().slot(producer.position()).seq;
        EXPECT_EQ(try_next_code(poller), Error::empty);
        Word::interrupted_word = nullptr;
        expect_numbers(poller, number, 1);
    }
    EXPECT_EQ(tombstones_of(ring), 0U);
}

TEST_P(LossyHeld, HoldsOnEverySlotMakeTheRingFullUntilOneIsReleased) {
    const InProcessRing<> ring(parameters(8));
    auto producer = ring.producer();
    auto one = ring.lossy_consumer(0);
    auto other = ring.lossy_consumer(1);
    publish_numbers(producer, 0, 8);
    std::vector<ring::Received> held{take(one), take(one), take(one), take(one)};
    expect_numbers(other, 0, 4);
    for (int i = 0; i < 4; ++i) held.push_back(take(other));
    EXPECT_EQ(producer.try_reserve(), Error::full);
    EXPECT_EQ(producer.reserve(Deadline::after(5ms)), Error::full);
    one.release(held[0].position);
    EXPECT_EQ(producer.reserve(Deadline::after(20s)), ok);
    for (std::size_t i = 0; i < held.size(); ++i) {
        if (i == 0) continue;
        EXPECT_EQ(number_in(held[i]), i);
    }
}

}  // namespace
}  // namespace ringview::test
