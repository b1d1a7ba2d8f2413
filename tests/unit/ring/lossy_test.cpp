#include <cstdint>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <ringview/platform/membarrier.hpp>

#include "futex_probe.hpp"
#include "interrupted_atomic.hpp"
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

TEST_P(Lossy, AHeldMessageIsNeverOverwrittenHoweverFarItIsLapped) {
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

TEST_P(Lossy, SeveralHeldMessagesSurviveInAnyOrderOfRelease) {
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

TEST_P(Lossy, HoldsAtMostHalfOfTheRing) {
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

TEST_P(Lossy, OneHeldMessageDoesNotTieDownThoseReadAfterIt) {
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

TEST_P(Lossy, AMessageKeptForLongAndAnotherOnlyUntilTheNextLeaveTheRestOfTheRingFree) {
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

TEST_P(Lossy, WhatLiesBetweenHeldMessagesNeverTiesDownMoreThanHalfOfTheRing) {
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

TEST_P(Lossy, ConsumerThatPollsForAMessageIsNotInTheWayOfIt) {
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

TEST_P(Lossy, HoldsOnEverySlotMakeTheRingFullUntilOneIsReleased) {
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
