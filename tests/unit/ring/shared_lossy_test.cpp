#include <chrono>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "ring_fixture.hpp"
#include "shared_fixture.hpp"

namespace ringview::test {
namespace {

using namespace std::chrono_literals;
using ring::Deadline;

class SharedProducerAndLossy : public SharedRingFrom {};
RINGVIEW_FROM_EVERY_WRAP(SharedProducerAndLossy);

TEST_P(SharedProducerAndLossy, WithLossyConsumersNeverWaitsForThemAndAllPositionsAreAccountedFor) {
    const InProcessRing<> ring(shared(8));
    auto a = ring.shared_producer(0);
    auto b = ring.shared_producer(1);
    auto consumer = ring.lossy_consumer();
    std::uint64_t delivered = 0;
    std::uint64_t last = 0;
    for (std::uint64_t i = 0; i < 300; ++i) {
        publish_numbers(i % 3 == 0 ? a : b, i + 1, 1);
        if (i % 37 != 0) continue;
        ring::Received message;
        ASSERT_EQ(consumer.try_next(message), ok);
        EXPECT_GT(number_in(message), last);
        last = number_in(message);
        consumer.release(message.position);
        ++delivered;
    }
    EXPECT_GT(consumer.lost(), 200U);
    EXPECT_EQ(delivered + consumer.lost() + consumer.stepped_over(), consumer.next_position() - first());
}

TEST_P(SharedProducerAndLossy, NoneOverwritesWhatALossyConsumerHoldsHoweverFarTheyLapIt) {
    const InProcessRing<> ring(shared(8));
    auto a = ring.shared_producer(0);
    auto b = ring.shared_producer(1);
    auto lossy = ring.lossy_consumer(0);
    auto lossless = ring.consumer(1);
    publish_numbers(a, 0, 3);
    expect_numbers(lossy, 0, 1);
    ring::Received held;
    ASSERT_EQ(lossy.try_next(held), ok);
    for (std::uint64_t sent = 3, read = 0; sent < 200; ++sent) {
        publish_numbers(sent / 3 % 2 == 0 ? a : b, sent, 1);
        for (ring::Received message; lossless.try_next(message) == ok; ++read) {
            EXPECT_EQ(number_in(message), read);
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
        publish_numbers(sent % 2 == 0 ? a : b, sent, 1);
        expect_numbers(lossless, sent, 1);
    }
    EXPECT_EQ(tombstones_of(ring), tombstones) << "the slot is used again";
}

TEST_P(SharedProducerAndLossy, OneThatComesLaterRespectsWhatWasHeldBefore) {
    const InProcessRing<> ring(shared(8));
    auto a = ring.shared_producer(0);
    auto consumer = ring.lossy_consumer();
    publish_numbers(a, 0, 30);
    ring::Received held;
    ASSERT_EQ(consumer.try_next(held), ok);
    const std::uint64_t number = number_in(held);
    publish_numbers(a, 30, 5);
    auto late = ring.shared_producer(1);
    publish_numbers(late, 35, 40);
    EXPECT_EQ(number_in(held), number);
}

TEST_P(SharedProducerAndLossy, FloorOnlyRisesWhoeverOfThemRaisesIt) {
    const InProcessRing<> ring(shared(8));
    auto a = ring.shared_producer(0);
    auto b = ring.shared_producer(1);
    ring.join_lossy(0);
    auto& floor = ring.daemon().state().floors.floor;
    layout::Position last = floor.load();
    for (std::uint64_t i = 0; i < 100; ++i) {
        publish_numbers(i % 5 < 2 ? a : b, i, 1);
        EXPECT_GE(layout::distance(floor.load(), last), 0);
        last = floor.load();
    }
    EXPECT_GE(layout::distance(last, first() + 92), 0);
}

TEST_P(SharedProducerAndLossy, HoldsOnEverySlotMakeTheRingFullUntilOneIsReleased) {
    const InProcessRing<> ring(shared(8));
    auto a = ring.shared_producer(0);
    auto b = ring.shared_producer(1);
    auto one = ring.lossy_consumer(0);
    auto other = ring.lossy_consumer(1);
    publish_numbers(a, 0, 8);
    std::vector<ring::Received> held(8);
    for (std::size_t i = 0; i < 4; ++i) ASSERT_EQ(one.try_next(held[i]), ok);
    expect_numbers(other, 0, 4);
    for (std::size_t i = 4; i < 8; ++i) ASSERT_EQ(other.try_next(held[i]), ok);
    for (auto* producer : {&a, &b}) {
        EXPECT_EQ(producer->try_reserve(), Error::full);
        EXPECT_EQ(producer->reserve(Deadline::after(5ms)), Error::full);
    }
    one.release(held[0].position);
    EXPECT_EQ(b.reserve(Deadline::after(20s)), ok);
    for (std::size_t i = 1; i < 8; ++i) EXPECT_EQ(number_in(held[i]), i);
}

}  // namespace
}  // namespace ringview::test
