#include <array>
#include <cstdint>
#include <span>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <ringview/platform/membarrier.hpp>
#include <ringview/ring/eviction.hpp>

#include "futex_probe.hpp"
#include "interrupted_atomic.hpp"
#include "ring_fixture.hpp"

namespace ringview::test {
namespace {

using namespace std::chrono_literals;
using ring::Deadline;
using ring::HeldMarks;

class Eviction : public RingFrom {};
RINGVIEW_FROM_EVERY_WRAP(Eviction);

template <class Ring>
bool evict(const Ring& ring, HeldMarks marks = HeldMarks::stored, unsigned subscription = 0) {
    return ring::evict(ring.daemon(), ring.barrier(), subscription, marks).has_value();
}

TEST_P(Eviction, UntilThenAConsumerIsAsLosslessAsAnyOther) {
    const InProcessRing<> ring(parameters(4));
    auto producer = ring.producer();
    auto consumer = ring.evictable_consumer();
    for (std::uint64_t number = 0; number < 40; number += 4) {
        publish_numbers(producer, number, 4);
        EXPECT_EQ(producer.try_reserve(), Error::full);
        expect_numbers(consumer, number, 4);
        EXPECT_EQ(try_next_code(consumer), Error::empty);
    }
    EXPECT_EQ(consumer.lost() + consumer.stepped_over() + tombstones_of(ring), 0U);
}

TEST_P(Eviction, MessagesAreReleasedInAnyOrderAndPosFollowsTheLowest) {
    const InProcessRing<> ring(parameters(8));
    auto producer = ring.producer();
    auto consumer = ring.evictable_consumer();
    publish_numbers(producer, 0, 4);
    const std::vector<ring::Received> held{take(consumer), take(consumer), take(consumer), take(consumer)};
    EXPECT_EQ(try_next_code(consumer), Error::too_many_held) << "half of the ring";
    consumer.release(held[2].position);
    EXPECT_EQ(consumer.pos(), first());
    consumer.release(held[0].position);
    EXPECT_EQ(consumer.pos(), first() + 1);
    consumer.release(held[1].position);
    EXPECT_EQ(consumer.pos(), first() + 3);
}

TEST_P(Eviction, WakesTheProducerThatSleepsForARelease) {
    const InProcessRing<> ring(parameters(4));
    auto producer = ring.producer();
    auto consumer = ring.evictable_consumer();
    publish_numbers(producer, 0, 4);
    stretch_sleeps(20s);
    reset_futex_counts();
    std::thread thread([&] { EXPECT_EQ(producer.reserve(Deadline::never()), ok); });
    EXPECT_TRUE(await_sleepers(1));
    consumer.release(take(consumer).position);
    thread.join();
    EXPECT_EQ(futex_counts().overslept, 0U);
    stretch_sleeps(ring::longest_sleep);
}

TEST_P(Eviction, WakesTheProducerThatSleepsForTheEvicted) {
    for (const bool holds : {false, true}) {
        const InProcessRing<> ring(parameters(4));
        auto producer = ring.producer();
        auto consumer = ring.evictable_consumer();
        publish_numbers(producer, 0, 4);
        ring::Received held;
        if (holds) held = take(consumer);
        stretch_sleeps(20s);
        reset_futex_counts();
        std::thread thread([&] { EXPECT_EQ(producer.reserve(Deadline::never()), ok); });
        EXPECT_TRUE(await_sleepers(1));
        EXPECT_TRUE(evict(ring));
        thread.join();
        EXPECT_EQ(futex_counts().overslept, 0U);
        stretch_sleeps(ring::longest_sleep);
        if (holds) {
            EXPECT_EQ(number_in(held), 0U);
        }
    }
}

TEST_P(Eviction, IsToldAtTheNextCallAlsoWhereMessagesAreReady) {
    const InProcessRing<> ring(parameters(8));
    auto producer = ring.producer();
    auto consumer = ring.evictable_consumer();
    publish_numbers(producer, 0, 3);
    EXPECT_TRUE(evict(ring));
    EXPECT_EQ(try_next_code(consumer), Error::evicted);
    ring::Received message;
    EXPECT_EQ(consumer.try_latest(message), Error::evicted);
    EXPECT_EQ(consumer.next(message, Deadline::never()), Error::evicted);
    EXPECT_FALSE(consumer.holds_messages());
}

TEST_P(Eviction, LeavesWhatIsHeldAsItIsUntilItIsReleased) {
    const InProcessRing<> ring(parameters(8));
    auto producer = ring.producer();
    auto evicted = ring.evictable_consumer(0);
    auto other = ring.evictable_consumer(1);
    publish_numbers(producer, 0, 4);
    const ring::Received first_held = take(evicted);
    evicted.release(take(evicted).position);
    const ring::Received second_held = take(evicted);
    EXPECT_EQ(ring::evict(ring.daemon(), ring.barrier(), 0, HeldMarks::stored), first_held.position);
    expect_numbers(other, 0, 4);
    std::uint64_t sent = 4;
    const auto publish_and_look = [&](int count) {
        for (int i = 0; i < count; ++i, ++sent) {
            publish_numbers(producer, sent, 1);
            expect_numbers(other, sent, 1);
            ASSERT_EQ(number_in(first_held), 0U);
            ASSERT_EQ(number_in(second_held), 2U);
        }
    };
    publish_and_look(100);
    EXPECT_GT(tombstones_of(ring), 10U);
    EXPECT_FALSE(ring::settle_evicted(ring.daemon(), 0));
    publish_and_look(20);
    evicted.release(first_held.position);
    evicted.release(second_held.position);
    EXPECT_TRUE(ring::settle_evicted(ring.daemon(), 0));
    const std::uint64_t tombstones = tombstones_of(ring);
    publish_numbers(producer, sent, 8);
    expect_numbers(other, sent, 8);
    EXPECT_EQ(tombstones_of(ring), tombstones);
    EXPECT_EQ(try_next_code(evicted), Error::evicted);
}

TEST_P(Eviction, IsRespectedByEachOfSeveralProducers) {
    layout::RingParameters shared = parameters(8);
    shared.producers = 2;
    const InProcessRing<> ring(shared);
    auto a = ring.shared_producer(0);
    auto b = ring.shared_producer(1);
    auto evicted = ring.evictable_consumer(0);
    auto other = ring.evictable_consumer(1);
    publish_numbers(a, 0, 2);
    publish_numbers(b, 2, 2);
    const ring::Received held = take(evicted);
    EXPECT_TRUE(evict(ring));
    expect_numbers(other, 0, 4);
    for (std::uint64_t sent = 4; sent < 100; sent += 2) {
        publish_numbers(a, sent, 1);
        publish_numbers(b, sent + 1, 1);
        expect_numbers(other, sent, 2);
        ASSERT_EQ(number_in(held), 0U);
    }
    EXPECT_GT(tombstones_of(ring), 10U);
    evicted.release(held.position);
    EXPECT_TRUE(ring::settle_evicted(ring.daemon(), 0));
    const std::uint64_t tombstones = tombstones_of(ring);
    publish_numbers(a, 100, 4);
    publish_numbers(b, 104, 4);
    expect_numbers(other, 100, 8);
    EXPECT_EQ(tombstones_of(ring), tombstones);
}

TEST_P(Eviction, LeavesAWholeBatchAsItIs) {
    const InProcessRing<> ring(parameters(8));
    auto producer = ring.producer();
    auto consumer = ring.evictable_consumer();
    publish_numbers(producer, 0, 8);
    std::array<ring::Received, 8> messages;
    std::size_t count = 0;
    ASSERT_EQ(consumer.try_next_batch(messages, count), ok);
    EXPECT_EQ(count, 4U) << "half of the ring";
    EXPECT_TRUE(evict(ring));
    publish_numbers(producer, 8, 50);
    for (std::size_t i = 0; i < count; ++i) EXPECT_EQ(number_in(messages[i]), i);
    EXPECT_EQ(consumer.try_next_batch(messages, count), Error::evicted);
    consumer.release_batch(std::span(messages).first(4));
    EXPECT_TRUE(ring::settle_evicted(ring.daemon(), 0));
}

TEST_P(Eviction, OfWhoeverHoldsNothingLeavesNothingToLookAt) {
    const InProcessRing<> ring(parameters(4));
    auto producer = ring.producer();
    ring.evictable_consumer();
    publish_numbers(producer, 0, 4);
    EXPECT_TRUE(evict(ring));
    const ring::RingSnapshot s = ring::observe_ring(ring.daemon());
    EXPECT_EQ(s.lossless | s.lossy, 0U);
    publish_numbers(producer, 4, 40);
}

TEST_P(Eviction, EndsWithTheLeaveOfTheEvicted) {
    const InProcessRing<> ring(parameters(8));
    auto producer = ring.producer();
    auto consumer = ring.evictable_consumer();
    publish_numbers(producer, 0, 4);
    take(consumer);
    EXPECT_TRUE(evict(ring));
    ring::leave(ring.daemon(), 0);
    EXPECT_EQ(ring::observe_ring(ring.daemon()).lossy, 0U);
    publish_numbers(producer, 4, 40);
    EXPECT_EQ(tombstones_of(ring), 0U);
    auto next = ring.evictable_consumer();
    publish_numbers(producer, 44, 8);
    EXPECT_EQ(producer.try_reserve(), Error::full);
    expect_numbers(next, 44, 8);
}

TEST_P(Eviction, WithoutABarrierIsRefusedAndChangesNothing) {
    if (!platform::has_membarrier()) GTEST_SKIP() << "this kernel has no membarrier, so no ring relies on it";
    const InProcessRing<> ring(parameters(4));
    auto producer = ring.producer();
    auto consumer = ring.evictable_consumer();
    publish_numbers(producer, 0, 4);
    fail_membarriers(true);
    EXPECT_FALSE(evict(ring));
    fail_membarriers(false);
    EXPECT_EQ(producer.try_reserve(), Error::full);
    expect_numbers(consumer, 0, 4);
}

TEST_P(Eviction, ByForceOfAConsumerThatMarksNothingFreesItsRingAndWakesIt) {
    const InProcessRing<> ring(parameters(4));
    auto producer = ring.producer();
    auto consumer = ring.consumer();
    stretch_sleeps(20s);
    reset_futex_counts();
    std::thread thread([&] {
        ring::Received message;
        EXPECT_EQ(consumer.next(message, Deadline::never()), Error::evicted);
    });
    EXPECT_TRUE(await_sleepers(1));
    EXPECT_TRUE(evict(ring, HeldMarks::none));
    thread.join();
    EXPECT_EQ(futex_counts().overslept, 0U);
    stretch_sleeps(ring::longest_sleep);
    publish_numbers(producer, 0, 40);
    EXPECT_EQ(try_next_code(consumer), Error::evicted);
}

/// E10 from both sides: the daemon evicts at the moment when the consumer has looked at the slot and not marked it, and
/// when it has marked it and looked at its state.
class EvictionBetween : public Eviction {
 protected:
    using Ring = InProcessRing<std::atomic, InterruptedAtomic>;

    void TearDown() override {
        InterruptedAtomic<std::uint32_t>::interrupted_word = nullptr;
        InterruptedAtomic<std::uint64_t>::interrupted_word = nullptr;
    }
    void interrupt_after_look_at_slot(std::uint64_t published_then) {
        InterruptedAtomic<std::uint64_t>::interruption = [=, this] { evict_and_publish(published_then); };
        InterruptedAtomic<std::uint64_t>::interrupted_word = &ring.daemon().slot(first() + 1).seq;
    }
    void interrupt_after_look_at_state(std::uint64_t published_then) {
        InterruptedAtomic<std::uint32_t>::interruption = [=, this] { evict_and_publish(published_then); };
        InterruptedAtomic<std::uint32_t>::interrupted_word = &ring.daemon().subscription_record(0).state;
    }
    void evict_and_publish(std::uint64_t count) {
        EXPECT_TRUE(evict(ring));
        publish_numbers(producer, 2, count);
    }
    Ring::Consumer consumer_at_second_message() {
        auto consumer = ring.evictable_consumer();
        publish_numbers(producer, 0, 2);
        expect_numbers(consumer, 0, 1);
        return consumer;
    }

    Ring ring{parameters(8)};
    Ring::Producer producer = ring.producer();
};
RINGVIEW_FROM_EVERY_WRAP(EvictionBetween);

TEST_P(EvictionBetween, ALookAtTheSlotAndTheMarkKeepsTheConsumerFromBeginning) {
    auto consumer = consumer_at_second_message();
    interrupt_after_look_at_slot(50);
    EXPECT_EQ(try_next_code(consumer), Error::evicted);
    EXPECT_FALSE(consumer.holds_messages());
    EXPECT_EQ(tombstones_of(ring), 0U);
}

TEST_P(EvictionBetween, TheMarkAndTheEndOfTheCallProtectsTheMessage) {
    auto consumer = consumer_at_second_message();
    interrupt_after_look_at_state(7);
    const ring::Received message = take(consumer);
    publish_numbers(producer, 9, 50);
    EXPECT_EQ(number_in(message), 1U);
    EXPECT_GT(tombstones_of(ring), 5U);
    EXPECT_EQ(try_next_code(consumer), Error::evicted);
}

TEST_P(EvictionBetween, TheMarkAndTheEndOfTheCallIsToldWhereATombstoneHasTakenTheSlotMeanwhile) {
    auto consumer = consumer_at_second_message();
    interrupt_after_look_at_state(50);
    EXPECT_EQ(try_next_code(consumer), Error::evicted);
    EXPECT_FALSE(consumer.holds_messages());
    EXPECT_GT(tombstones_of(ring), 0U);
}

TEST_P(EvictionBetween, ALookAtASlotOfABatchAndItsMarkEndsTheBatch) {
    auto consumer = ring.evictable_consumer();
    publish_numbers(producer, 0, 2);
    interrupt_after_look_at_slot(0);
    std::array<ring::Received, 4> messages;
    std::size_t count = 0;
    ASSERT_EQ(consumer.try_next_batch(messages, count), ok);
    ASSERT_EQ(count, 1U);
    EXPECT_EQ(number_in(messages[0]), 0U);
    EXPECT_EQ(consumer.try_next_batch(messages, count), Error::evicted);
    consumer.release(messages[0].position);
    EXPECT_TRUE(ring::settle_evicted(ring.daemon(), 0)) << "nothing else was held";
}

}  // namespace
}  // namespace ringview::test
