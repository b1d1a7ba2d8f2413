#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include <gtest/gtest.h>

#include "ring_fixture.hpp"

namespace ringview::test {
namespace {

class Batch : public RingFrom {};
RINGVIEW_FROM_EVERY_WRAP(Batch);

using Messages = std::array<ring::Received, 64>;

/// Reserves `most`, writes the numbers from `number` on into what was given, publishes `publish_count` of them.
template <class Producer>
std::uint64_t publish_batch(Producer& producer, std::uint64_t number, std::uint64_t most, std::uint64_t publish_count) {
    EXPECT_EQ(producer.try_reserve(most), ok);
    const std::uint64_t given = producer.reserved_count();
    for (std::uint64_t i = 0; i < given; ++i) {
        const layout::Position position = producer.position() + i;
        const std::uint64_t value = number + i;
        std::memcpy(producer.payload(position), &value, sizeof value);
    }
    producer.publish_batch(std::vector<std::uint32_t>(std::min(given, publish_count), sizeof number));
    return given;
}

template <class Consumer>
std::span<const ring::Received> take_batch(Consumer& consumer, Messages& messages, std::size_t most) {
    std::size_t count = 0;
    EXPECT_EQ(consumer.try_next_batch(std::span(messages).first(most), count), ok);
    return std::span(messages).first(count);
}

void expect_numbers_in(std::span<const ring::Received> messages, std::uint64_t number) {
    for (const ring::Received& message : messages) EXPECT_EQ(number_in(message), number++);
}

TEST_P(Batch, ManySlotsAreReservedAtOnceAndNeverMoreThanAreFree) {
    const InProcessRing<> ring(parameters(8));
    auto consumer = ring.consumer();
    auto producer = ring.producer();
    EXPECT_EQ(publish_batch(producer, 0, 3, 3), 3U);
    EXPECT_EQ(publish_batch(producer, 3, 8, 8), 5U) << "three of eight are unread";
    EXPECT_EQ(producer.try_reserve(8), Error::full);
    expect_numbers(consumer, 0, 2);
    EXPECT_EQ(publish_batch(producer, 8, 8, 8), 2U);
    expect_numbers(consumer, 2, 8);
    EXPECT_EQ(try_next_code(consumer), Error::empty);
}

TEST_P(Batch, WhatIsNotPublishedOfABatchIsReservedAgainAndNobodySeesIt) {
    const InProcessRing<> ring(parameters(8));
    auto consumer = ring.consumer();
    auto producer = ring.producer();
    EXPECT_EQ(publish_batch(producer, 0, 6, 2), 6U);
    EXPECT_FALSE(producer.has_reservation());
    EXPECT_EQ(producer.position(), first() + 2);
    expect_numbers(consumer, 0, 2);
    EXPECT_EQ(try_next_code(consumer), Error::empty);
    publish_numbers(producer, 2, 1);
    expect_numbers(consumer, 2, 1);
    ASSERT_EQ(producer.try_reserve(5), ok);
    EXPECT_EQ(producer.try_reserve(5), Error::busy);
    producer.abandon();
    EXPECT_EQ(producer.try_reserve(), ok);
    EXPECT_EQ(producer.position(), first() + 3);
}

TEST_P(Batch, AConsumerTakesWhatIsReadyInOrderAndReleasesItAtOnce) {
    const InProcessRing<> ring(parameters(8));
    auto consumer = ring.consumer();
    auto producer = ring.producer();
    publish_numbers(producer, 0, 6);
    Messages messages;
    const auto some = take_batch(consumer, messages, 4);
    ASSERT_EQ(some.size(), 4U);
    expect_numbers_in(some, 0);
    EXPECT_EQ(consumer.pos(), first());
    consumer.release_batch(some);
    EXPECT_EQ(consumer.pos(), first() + 4);
    const auto rest = take_batch(consumer, messages, 4);
    ASSERT_EQ(rest.size(), 2U);
    expect_numbers_in(rest, 4);
    publish_numbers(producer, 6, 6);
    EXPECT_EQ(producer.try_reserve(), Error::full) << "two are held";
    consumer.release_batch(rest);
    EXPECT_EQ(producer.try_reserve(), ok);
    std::size_t count = 7;
    const auto held = take_batch(consumer, messages, 64);
    EXPECT_EQ(held.size(), 6U);
    EXPECT_EQ(consumer.try_next_batch(std::span(messages).first(1), count), Error::empty);
    EXPECT_EQ(count, 0U);
}

TEST_P(Batch, BatchesAndSingleMessagesAreReleasedInAnyOrder) {
    const InProcessRing<> ring(parameters(16));
    auto consumer = ring.consumer();
    auto producer = ring.producer();
    publish_numbers(producer, 0, 9);
    Messages early_messages;
    Messages late_messages;
    ring::Received single;
    const auto early = take_batch(consumer, early_messages, 3);
    ASSERT_EQ(consumer.try_next(single), ok);
    const auto late = take_batch(consumer, late_messages, 5);
    consumer.release_batch(late);
    EXPECT_EQ(consumer.pos(), first());
    consumer.release_batch(early);
    EXPECT_EQ(consumer.pos(), first() + 3);
    consumer.release(single.position);
    EXPECT_EQ(consumer.pos(), first() + 9);
}

TEST_P(Batch, NoMoreIsTakenThanAConsumerMayHold) {
    const InProcessRing<> ring(parameters(128));
    auto consumer = ring.consumer();
    auto producer = ring.producer();
    publish_numbers(producer, 0, 100);
    std::array<ring::Received, 100> messages;
    std::size_t count = 0;
    ASSERT_EQ(consumer.try_next_batch(messages, count), ok);
    EXPECT_EQ(count, InProcessRing<>::Consumer::max_held);
    expect_numbers_in(std::span(messages).first(count), 0);
    std::size_t none = 0;
    std::array<ring::Received, 1> one;
    EXPECT_EQ(consumer.try_next_batch(one, none), Error::too_many_held);
    consumer.release_batch(std::span(messages).first(count));
    ASSERT_EQ(consumer.try_next_batch(messages, count), ok);
    EXPECT_EQ(count, 36U);
    expect_numbers_in(std::span(messages).first(count), 64);
}

TEST_P(Batch, ALossyConsumersBatchIsHeldAndItsLossesAreToldWhereTheyLie) {
    const InProcessRing<> ring(parameters(8));
    auto consumer = ring.lossy_consumer();
    auto producer = ring.producer();
    publish_numbers(producer, 0, 3);
    Messages messages;
    const auto held = take_batch(consumer, messages, 8);
    ASSERT_EQ(held.size(), 3U);
    publish_numbers(producer, 3, 40);
    expect_numbers_in(held, 0);
    Messages later_messages;
    const auto later = take_batch(consumer, later_messages, 8);
    ASSERT_EQ(later.size(), 1U) << "four of eight slots are all that a lossy consumer may hold";
    EXPECT_EQ(later[0].lost_before, consumer.lost());
    EXPECT_GT(consumer.lost(), 0U);
    consumer.release_batch(later);
    consumer.release_batch(held);
    std::uint64_t delivered = 4;
    for (std::size_t count = 0; consumer.try_next_batch(messages, count) == ok; delivered += count)
        consumer.release_batch(std::span(messages).first(count));
    EXPECT_EQ(consumer.next_position(), producer.position());
    EXPECT_EQ(delivered + consumer.lost() + consumer.stepped_over(), producer.position() - first());
}

TEST_P(Batch, ABatchKilledHalfWayIsPublishedAsFarAsItsSeqsWere) {
    for (std::uint64_t published = 1; published <= 40; ++published) {
        const InProcessRing<> ring(parameters(64));
        auto consumer = ring.consumer();
        auto dead = ring.producer();
        publish_batch(dead, 0, 50, published);
        auto successor = ring.producer();
        EXPECT_EQ(successor.position(), first() + published);
        expect_numbers(consumer, 0, published);
    }
}

}  // namespace
}  // namespace ringview::test
