#include <cstdint>
#include <optional>
#include <vector>

#include <gtest/gtest.h>
#include <ringview/platform/clock.hpp>
#include <ringview/ring/lag_time.hpp>

#include "ring_fixture.hpp"

namespace ringview::test {
namespace {

std::uint64_t now_ns() {
    return static_cast<std::uint64_t>(platform::monotonic_ns());
}

/// Rings with timestamps.
class PublishTime : public RingFrom {
 public:
    layout::RingParameters stamped(std::uint64_t slots, std::uint32_t producers = 1) const {
        layout::RingParameters p = parameters(slots);
        p.timestamps = true;
        p.producers = producers;
        return p;
    }
};
RINGVIEW_FROM_EVERY_WRAP(PublishTime);

template <class Consumer>
std::int64_t next_time(Consumer& consumer) {
    ring::Received message;
    EXPECT_EQ(consumer.try_next(message), ok);
    const std::int64_t time_ns = consumer.publish_time_ns(message.position);
    consumer.release(message.position);
    return time_ns;
}

/// As if the messages there were published at `time_ns`.
void set_time(const InProcessRing<>& ring, layout::Position position, std::uint64_t time_ns) {
    ring.daemon().publish_time(position).store(time_ns);
}

template <class Producer, class Consumer>
void expect_times_in_order(Producer& producer, Consumer& consumer) {
    for (std::uint64_t i = 0; i < 20; ++i) {
        const std::int64_t before = platform::monotonic_ns();
        ASSERT_EQ(try_publish_number(producer, i), ok);
        const std::int64_t after = platform::monotonic_ns();
        const std::int64_t time_ns = next_time(consumer);
        EXPECT_GE(time_ns, before);
        EXPECT_LE(time_ns, after);
    }
}

template <class Producer, class Consumer>
void expect_one_time_a_batch(Producer& producer, Consumer& consumer) {
    const std::vector<std::uint32_t> lengths(3, 8);
    for (int round = 0; round < 2; ++round) {
        ASSERT_EQ(producer.try_reserve(3), ok);
        ASSERT_EQ(producer.reserved_count(), 3U);
        const std::int64_t before = platform::monotonic_ns();
        producer.publish_batch(lengths);
        const std::int64_t first = next_time(consumer);
        EXPECT_GE(first, before);
        EXPECT_EQ(next_time(consumer), first);
        EXPECT_EQ(next_time(consumer), first);
    }
}

TEST_P(PublishTime, IsThatOfEachPublish) {
    const InProcessRing<> ring(stamped(8));
    auto producer = ring.producer();
    auto consumer = ring.consumer();
    expect_times_in_order(producer, consumer);
}

TEST_P(PublishTime, IsThatOfEachPublishOfSeveralProducers) {
    const InProcessRing<> ring(stamped(8, 2));
    auto producer = ring.shared_producer(1);
    auto consumer = ring.consumer();
    expect_times_in_order(producer, consumer);
}

TEST_P(PublishTime, IsOneForAWholeBatch) {
    const InProcessRing<> ring(stamped(8));
    auto producer = ring.producer();
    auto consumer = ring.consumer();
    expect_one_time_a_batch(producer, consumer);
}

TEST_P(PublishTime, IsOneForAWholeBatchOfSeveralProducers) {
    const InProcessRing<> ring(stamped(8, 2));
    auto producer = ring.shared_producer(1);
    auto consumer = ring.consumer();
    expect_one_time_a_batch(producer, consumer);
}

TEST_P(PublishTime, IsThereBeforeTheMessageIs) {
    const InProcessRing<> ring(stamped(8));
    auto producer = ring.producer();
    auto consumer = ring.consumer();
    publish_numbers(producer, 0, 8);
    expect_numbers(consumer, 0, 8);
    for (std::uint64_t i = 0; i < 8; ++i) set_time(ring, first() + i, 0);
    const std::int64_t before = platform::monotonic_ns();
    publish_numbers(producer, 8, 1);
    EXPECT_GE(next_time(consumer), before) << "the time of the lap before";
}

TEST_P(PublishTime, IsZeroOnARingWithoutTimestampsAndTouchesNoPayload) {
    for (const std::uint32_t producers : {1U, 2U}) {
        layout::RingParameters p = stamped(8, producers);
        p.timestamps = false;
        const InProcessRing<> ring(p);
        auto consumer = ring.consumer();
        ring::Received message;
        if (producers == 1) {
            auto producer = ring.producer();
            publish_numbers(producer, 77, 1);
        } else {
            auto producer = ring.shared_producer(0);
            publish_numbers(producer, 77, 1);
        }
        ASSERT_EQ(consumer.try_next(message), ok);
        EXPECT_EQ(number_in(message), 77U);
        EXPECT_EQ(consumer.publish_time_ns(message.position), 0);
        EXPECT_EQ(ring::observe_lag_ns(ring.daemon(), 0, now_ns()), std::nullopt);
    }
}

TEST_P(PublishTime, ThatNoClockShowsIsCutToWhatAClockCanShow) {
    const InProcessRing<> ring(stamped(8));
    auto producer = ring.producer();
    auto consumer = ring.consumer();
    publish_numbers(producer, 0, 1);
    set_time(ring, first(), UINT64_MAX);
    EXPECT_EQ(next_time(consumer), INT64_MAX);
}

TEST_P(PublishTime, LagIsTheAgeOfTheOldestMessageThatIsNotReleased) {
    const InProcessRing<> ring(stamped(8));
    auto producer = ring.producer();
    auto consumer = ring.consumer(3);
    EXPECT_EQ(ring::observe_lag_ns(ring.daemon(), 3, 1000), 0U) << "nothing was published";
    publish_numbers(producer, 0, 3);
    for (std::uint64_t i = 0; i < 3; ++i) set_time(ring, first() + i, 100 * (i + 1));
    EXPECT_EQ(ring::observe_lag_ns(ring.daemon(), 3, 1000), 900U);
    ring::Received held;
    ASSERT_EQ(consumer.try_next(held), ok);
    expect_numbers(consumer, 1, 1);
    EXPECT_EQ(ring::observe_lag_ns(ring.daemon(), 3, 1000), 900U) << "the first is held";
    consumer.release(held.position);
    EXPECT_EQ(ring::observe_lag_ns(ring.daemon(), 3, 1000), 700U);
    expect_numbers(consumer, 2, 1);
    EXPECT_EQ(ring::observe_lag_ns(ring.daemon(), 3, 1000), 0U);
}

TEST_P(PublishTime, LagOfALappedConsumerIsThatOfTheOldestMessageItCanStillHave) {
    const InProcessRing<> ring(stamped(8));
    auto producer = ring.producer();
    ring.join_lossy(0);
    publish_numbers(producer, 0, 20);
    const layout::Position floor = ring.daemon().state().floors.floor.load();
    ASSERT_GE(layout::distance(floor, first() + 12), 0) << "it was lapped";
    set_time(ring, floor, 600);
    EXPECT_EQ(ring::observe_lag_ns(ring.daemon(), 0, 1000), 400U);
}

TEST_P(PublishTime, LagStepsOverTombstones) {
    const InProcessRing<> ring(stamped(8, 2));
    auto producer = ring.shared_producer(0);
    ring.join();
    for (int i = 0; i < 2; ++i) {
        ASSERT_EQ(producer.try_reserve(), ok);
        producer.abandon();
    }
    EXPECT_EQ(ring::observe_lag_ns(ring.daemon(), 0, 1000), 0U) << "there is no message";
    publish_numbers(producer, 0, 1);
    set_time(ring, first(), 1);
    set_time(ring, first() + 2, 300);
    EXPECT_EQ(ring::observe_lag_ns(ring.daemon(), 0, 1000), 700U);
}

TEST_P(PublishTime, LagPassesOverWhatAProducerHasClaimedAndNotPublished) {
    const InProcessRing<> ring(stamped(8, 2));
    auto slow = ring.shared_producer(0);
    auto quick = ring.shared_producer(1);
    ring.join();
    ASSERT_EQ(slow.try_reserve(), ok);
    publish_numbers(quick, 0, 1);
    set_time(ring, first(), 1);
    set_time(ring, first() + 1, 300);
    EXPECT_EQ(ring::observe_lag_ns(ring.daemon(), 0, 1000), 700U);
}

TEST_P(PublishTime, LagIsNotTakenFromASlotThatIsWrittenAgain) {
    const InProcessRing<> ring(stamped(8));
    auto producer = ring.producer();
    auto consumer = ring.consumer();
    publish_numbers(producer, 0, 8);
    // Word by word: the consumer releases the first, the producer raises gate and writes the new time, not yet seq.
    for (std::uint64_t i = 0; i < 8; ++i) set_time(ring, first() + i, 100 + i);
    expect_numbers(consumer, 0, 1);
    ASSERT_EQ(producer.try_reserve(), ok);
    set_time(ring, first(), 999);
    EXPECT_EQ(ring::observe_lag_ns(ring.daemon(), 0, 1000), 899U);
    // One that producers wait for no more, and that has not passed the first, for gate to be what tells.
    ring.daemon().state().membership.lossless.store(0);
    ring.daemon().cursor(0).pos.store(first());
    EXPECT_EQ(ring::observe_lag_ns(ring.daemon(), 0, 1000), 899U);
}

TEST_P(PublishTime, LagIsBoundedWhateverPeersWrite) {
    const InProcessRing<> ring(stamped(8));
    auto producer = ring.producer();
    ring.join();
    publish_numbers(producer, 0, 4);
    for (const std::uint64_t time_ns : {std::uint64_t{1001}, two_to_63, UINT64_MAX}) {
        set_time(ring, first(), time_ns);
        EXPECT_EQ(ring::observe_lag_ns(ring.daemon(), 0, 1000), 0U) << "ahead of now";
    }
    set_time(ring, first(), 0);
    EXPECT_EQ(ring::observe_lag_ns(ring.daemon(), 0, 1000), 1000U);
    for (std::uint64_t i = 1; i < 8; ++i) set_time(ring, first() + i, 0);
    auto& state = ring.daemon().state();
    std::vector<std::uint64_t> positions;
    for (const layout::Position base : {first(), layout::Position{0}, two_to_63})
        for (const std::uint64_t more : {std::uint64_t{0}, std::uint64_t{4}, std::uint64_t{9}, UINT64_MAX})
            positions.push_back(base + more);
    for (auto* word :
         {&ring.daemon().cursor(0).pos, &state.gate.value, &state.head.value, &ring.daemon().slot(first()).seq}) {
        const std::uint64_t honest = word->load();
        for (const std::uint64_t position : positions) {
            word->store(position);
            const auto lag_ns = ring::observe_lag_ns(ring.daemon(), 0, 1000);
            EXPECT_TRUE(!lag_ns || *lag_ns <= 1000) << *lag_ns;
        }
        word->store(honest);
    }
    EXPECT_EQ(ring::observe_lag_ns(ring.daemon(), 0, 1000), 1000U);
}

TEST_P(PublishTime, LagGivesUpOnALongRunOfTombstones) {
    layout::RingParameters p = stamped(4096);
    const InProcessRing<> ring(p);
    ring.join();
    for (std::uint64_t i = 0; i < 2000; ++i)
        ring.daemon().slot(first() + i).seq.store(layout::tombstone_of(first() + i));
    ring.daemon().state().head.value.store(first() + 2000);
    EXPECT_EQ(ring::observe_lag_ns(ring.daemon(), 0, 1000), std::nullopt);
}

}  // namespace
}  // namespace ringview::test
