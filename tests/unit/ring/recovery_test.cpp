#include <chrono>
#include <cstdint>
#include <thread>

#include <gtest/gtest.h>
#include <ringview/ring/intent.hpp>
#include <ringview/ring/recovery.hpp>
#include <ringview/ring/tombstone_count.hpp>

#include "futex_probe.hpp"
#include "ring_fixture.hpp"

namespace ringview::test {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t lines(std::initializer_list<unsigned> indices) {
    std::uint64_t bits = 0;
    for (const unsigned index : indices) bits |= std::uint64_t{1} << index;
    return bits;
}

/// Producers that end with whatever is in their line, and what the daemon makes of it.
class Recovery : public RingFrom {
 public:
    layout::RingParameters shared(std::uint64_t slots, std::uint64_t history = 0) const {
        layout::RingParameters p = parameters(slots, history);
        p.producers = 4;
        return p;
    }
};
RINGVIEW_FROM_EVERY_WRAP(Recovery);

/// As a producer leaves it that dies between its intent and its claim.
void set_intent(const InProcessRing<>& ring, unsigned line, layout::Position position, std::uint64_t count = 1) {
    ring.daemon().producer_line(line).intent.store(ring::intent_word(position, count));
}

std::uint64_t producers_of(const InProcessRing<>& ring) {
    return ring::observe_ring(ring.daemon()).producers;
}

TEST_P(Recovery, OfOneThatHadClaimedNothingOnlyFreesItsLine) {
    const InProcessRing<> ring(shared(4));
    auto producer = ring.shared_producer(2);
    auto consumer = ring.consumer();
    publish_numbers(producer, 0, 2);
    ASSERT_EQ(producers_of(ring), lines({2}));
    for (const bool has_intent : {false, true}) {
        if (has_intent) set_intent(ring, 2, first() + 2);  // it died before it could raise head
        EXPECT_TRUE(ring::recover_producer(ring.daemon(), 2, lines({2})).is_done);
        EXPECT_EQ(producers_of(ring), 0U);
        EXPECT_EQ(tombstones_of(ring), 0U);
    }
    expect_numbers(consumer, 0, 2);
    EXPECT_EQ(try_next_code(consumer), Error::empty);
}

TEST_P(Recovery, TurnsWhatWasClaimedAndNotPublishedIntoATombstone) {
    const InProcessRing<> ring(shared(4));
    auto other = ring.shared_producer(0);
    auto consumer = ring.consumer();
    for (std::uint64_t round = 0; round < 8; ++round) {
        auto dead = ring.shared_producer(1);
        publish_numbers(dead, 3 * round, 1);
        ASSERT_EQ(dead.try_reserve(), ok);
        publish_numbers(other, 3 * round + 1, 2);
        EXPECT_EQ(ring::recover_producer(ring.daemon(), 1, lines({1})).is_done, true);
        EXPECT_EQ(producers_of(ring), lines({0}));
        expect_numbers(consumer, 3 * round, 3);
        EXPECT_EQ(consumer.stepped_over(), round + 1);
        EXPECT_EQ(tombstones_of(ring), round + 1);
    }
}

TEST_P(Recovery, KeepsWhatWasPublishedAndStillIntended) {
    const InProcessRing<> ring(shared(4));
    auto dead = ring.shared_producer(1);
    auto consumer = ring.consumer();
    publish_numbers(dead, 0, 1);
    set_intent(ring, 1, first());  // it died between its publish and the end of its intent
    EXPECT_TRUE(ring::recover_producer(ring.daemon(), 1, lines({1})).is_done);
    expect_numbers(consumer, 0, 1);
    EXPECT_EQ(consumer.stepped_over(), 0U);
}

TEST_P(Recovery, WaitsForALivingProducerThatIntendsTheSamePosition) {
    const InProcessRing<> ring(shared(4));
    auto winner = ring.shared_producer(0);
    ring.shared_producer(3);
    auto consumer = ring.consumer();
    ASSERT_EQ(winner.try_reserve(), ok);
    set_intent(ring, 3, first());  // it died after it had lost
    for (int again = 0; again < 3; ++again) {
        const ring::Recovery recovery = ring::recover_producer(ring.daemon(), 3, lines({3}));
        EXPECT_FALSE(recovery.is_done);
        EXPECT_EQ(recovery.delayed_by, 0U);
        EXPECT_EQ(producers_of(ring), lines({0, 3})) << "the line must not be given to another";
    }
    write_number(winner, 7);
    winner.publish(8);
    EXPECT_TRUE(ring::recover_producer(ring.daemon(), 3, lines({3})).is_done);
    EXPECT_EQ(producers_of(ring), lines({0}));
    expect_numbers(consumer, 7, 1);
}

TEST_P(Recovery, DoesNotTakeALoserThatStandsStillForTheWinner) {
    const InProcessRing<> ring(shared(4));
    auto dead = ring.shared_producer(0);
    ring.shared_producer(1);
    auto consumer = ring.consumer();
    ASSERT_EQ(dead.try_reserve(), ok);
    set_intent(ring, 1, first());  // lives, has lost, and has not looked again yet
    EXPECT_FALSE(ring::recover_producer(ring.daemon(), 0, lines({0})).is_done);
    EXPECT_EQ(try_next_code(consumer), Error::empty);
    set_intent(ring, 1, first() + 1);  // looked again
    EXPECT_TRUE(ring::recover_producer(ring.daemon(), 0, lines({0})).is_done);
    EXPECT_EQ(try_next_code(consumer), Error::empty);
    EXPECT_EQ(consumer.stepped_over(), 1U);
}

TEST_P(Recovery, OfAllThatIntendTheSamePositionMakesOneTombstone) {
    const InProcessRing<> ring(shared(4));
    auto dead = ring.shared_producer(0);
    ring.shared_producer(1);
    auto consumer = ring.consumer();
    ASSERT_EQ(dead.try_reserve(), ok);
    set_intent(ring, 1, first());
    const std::uint64_t gone = lines({0, 1});
    EXPECT_TRUE(ring::recover_producer(ring.daemon(), 0, gone).is_done);
    EXPECT_TRUE(ring::recover_producer(ring.daemon(), 1, gone).is_done);
    EXPECT_EQ(try_next_code(consumer), Error::empty);
    EXPECT_EQ(consumer.stepped_over(), 1U);
    EXPECT_EQ(tombstones_of(ring), 1U);
}

TEST_P(Recovery, DoneAgainFromItsStartDoesNoHarm) {
    const InProcessRing<> ring(shared(4));
    auto other = ring.shared_producer(0);
    auto consumer = ring.consumer();
    auto dead = ring.shared_producer(1);
    ASSERT_EQ(dead.try_reserve(), ok);
    const std::uint64_t intent = ring.daemon().producer_line(1).intent.load();
    for (std::uint64_t round = 0; round < 12; ++round) {
        ring.daemon().producer_line(1).intent.store(intent);  // an earlier one was cut short before its end
        ring.daemon().state().membership.producers.fetch_or(lines({1}));
        EXPECT_TRUE(ring::recover_producer(ring.daemon(), 1, lines({1})).is_done);
        publish_numbers(other, round, 1);
        expect_numbers(consumer, round, 1);
    }
    EXPECT_EQ(consumer.stepped_over(), 1U);
    EXPECT_EQ(tombstones_of(ring), 1U);
}

TEST_P(Recovery, OfARangeBuriesWhatOfItIsNotPublished) {
    const InProcessRing<> ring(shared(8));
    auto dead = ring.shared_producer(1);
    auto consumer = ring.consumer();
    publish_numbers(dead, 0, 2);
    ring.daemon().state().head.value.fetch_add(3);  // claims five at once, of which it has published two
    set_intent(ring, 1, first(), 5);
    auto other = ring.shared_producer(0);
    publish_numbers(other, 2, 1);
    EXPECT_TRUE(ring::recover_producer(ring.daemon(), 1, lines({1})).is_done);
    expect_numbers(consumer, 0, 3);
    EXPECT_EQ(consumer.stepped_over(), 3U);
}

TEST_P(Recovery, OfARangeBuriesTheRestAlsoWhereItsFirstLiesMoreThanARingBehindHead) {
    const InProcessRing<> ring(shared(8));
    auto dead = ring.shared_producer(1);
    auto consumer = ring.consumer();
    publish_numbers(dead, 0, 2);
    ring.daemon().state().head.value.fetch_add(3);  // claims five at once, of which it has published two
    set_intent(ring, 1, first(), 5);
    expect_numbers(consumer, 0, 2);
    auto other = ring.shared_producer(0);
    publish_numbers(other, 2, 5);
    ASSERT_EQ(other.try_reserve(), Error::full) << "in the slot of what the dead has claimed";
    EXPECT_EQ(ring::observe_producer(ring.daemon(), 1).claimed, 3U);
    EXPECT_EQ(ring::observe_ring(ring.daemon()).published, 7U);
    EXPECT_TRUE(ring::recover_producer(ring.daemon(), 1, lines({1})).is_done);
    expect_numbers(consumer, 2, 5);
    EXPECT_EQ(consumer.stepped_over(), 3U);
    publish_numbers(other, 7, 8);
    expect_numbers(consumer, 7, 8);
}

/// Two are dead that intend the same: one of them was giving the end of its batch up, the other was too late for it.
TEST_P(Recovery, CountsWhatADeadProducerWasLeavingOnceWhoeverOfTwoIsRecoveredFirst) {
    for (const unsigned first_recovered : {1U, 2U}) {
        const InProcessRing<> ring(shared(8));
        const auto daemon = ring.daemon();
        for (const unsigned line : {1U, 2U}) {
            ring::open_producer_line(daemon, line);
            set_intent(ring, line, first(), 3);
        }
        daemon.state().head.value.fetch_add(3);
        daemon.producer_line(2).tombstones.store(ring::tombstones_word(0, 2));
        daemon.slot(first()).seq.store(layout::seq_of(first()));
        daemon.slot(first() + 1).seq.store(layout::tombstone_of(first() + 1));
        EXPECT_EQ(ring::observe_ring(daemon).published, 1U);
        EXPECT_EQ(tombstones_of(ring), 1U);
        for (const unsigned line : {first_recovered, 3 - first_recovered}) {
            EXPECT_TRUE(ring::recover_producer(daemon, line, lines({1, 2})).is_done);
            EXPECT_EQ(ring::observe_ring(daemon).published, 1U);
            EXPECT_EQ(tombstones_of(ring), 2U);
        }
    }
}

TEST_P(Recovery, CountsAPositionOnceThatTwoOfDifferentRangesIntend) {
    const InProcessRing<> ring(shared(8));
    auto producer = ring.shared_producer(0);
    publish_numbers(producer, 0, 3);
    for (const unsigned line : {1U, 2U, 3U}) ring::open_producer_line(ring.daemon(), line);
    set_intent(ring, 1, first() + 3, 4);  // too late, and stopped
    set_intent(ring, 2, first() + 3, 1);
    set_intent(ring, 3, first() + 4, 2);
    ring.daemon().state().head.value.fetch_add(3);
    EXPECT_EQ(ring::observe_ring(ring.daemon()).published, 3U);
}

TEST_P(Recovery, WakesWhoeverSleepsForWhatBecameATombstone) {
    const InProcessRing<> ring(shared(4));
    auto other = ring.shared_producer(0);
    auto dead = ring.shared_producer(1);
    auto consumer = ring.consumer();
    ASSERT_EQ(dead.try_reserve(), ok);
    publish_numbers(other, 7, 1);
    stretch_sleeps(20s);
    reset_futex_counts();
    std::thread sleeper([&] {
        ring::Received message;
        ASSERT_EQ(consumer.next(message, ring::Deadline::never()), ok);
        EXPECT_EQ(number_in(message), 7U);
    });
    EXPECT_TRUE(await_sleepers(1));
    EXPECT_TRUE(ring::recover_producer(ring.daemon(), 1, lines({1})).is_done);
    sleeper.join();
    EXPECT_EQ(futex_counts().overslept, 0U);
    stretch_sleeps(ring::longest_sleep);
}

TEST_P(Recovery, WakesWhoeverWasNotWokenForWhatTheDeadHadPublished) {
    const InProcessRing<> ring(shared(4));
    auto dead = ring.shared_producer(1);
    auto consumer = ring.consumer();
    stretch_sleeps(20s);
    reset_futex_counts();
    std::thread sleeper([&] {
        ring::Received message;
        ASSERT_EQ(consumer.next(message, ring::Deadline::never()), ok);
    });
    EXPECT_TRUE(await_sleepers(1));
    ASSERT_EQ(dead.try_reserve(), ok);
    ring.daemon().slot(first()).length.store(8);
    ring.daemon().slot(first()).seq.store(layout::seq_of(first()));  // published, and died before its wake
    EXPECT_TRUE(ring::recover_producer(ring.daemon(), 1, lines({1})).is_done);
    sleeper.join();
    EXPECT_EQ(futex_counts().overslept, 0U);
    stretch_sleeps(ring::longest_sleep);
}

TEST_P(Recovery, AnEndedSleepOfADeadProducerIsNobodysAnyMore) {
    const InProcessRing<> ring(shared(4));
    ring.shared_producer(1);
    ring.daemon().state().producers_waiting.value.store(lines({1}));
    EXPECT_TRUE(ring::recover_producer(ring.daemon(), 1, lines({1})).is_done);
    EXPECT_EQ(ring.daemon().state().producers_waiting.value.load(), 0U);
}

TEST_P(Recovery, NoIntentThatAHostileProducerLeavesTouchesWhatOthersHave) {
    for (const std::uint64_t word : {~std::uint64_t{0}, std::uint64_t{0xFFFF}, ring::intent_word(first(), 0xFFFF),
                                     ring::intent_word(first() + 2, 9), ring::intent_word(first() - 9, 0xFFFF),
                                     ring::intent_word(first() + two_to_32, 3), std::uint64_t{1} << 63}) {
        const InProcessRing<> ring(shared(8));
        auto honest = ring.shared_producer(0);
        auto consumer = ring.consumer();
        ring.shared_producer(1);
        publish_numbers(honest, 0, 3);
        ASSERT_EQ(honest.try_reserve(), ok);
        ring.daemon().producer_line(1).intent.store(word);
        ring::recover_producer(ring.daemon(), 1, lines({1}));
        write_number(honest, 3);
        honest.publish(8);
        EXPECT_TRUE(ring::recover_producer(ring.daemon(), 1, lines({1})).is_done);
        expect_numbers(consumer, 0, 4);
    }
}

TEST_P(Recovery, OfTheOnlyProducerRollsHeadForwardAndMakesNoTombstone) {
    const InProcessRing<> ring(parameters(4));
    auto producer = ring.producer();
    auto consumer = ring.consumer();
    publish_numbers(producer, 0, 1);
    ASSERT_EQ(producer.try_reserve(), ok);
    write_number(producer, 1);
    ring.daemon().slot(first() + 1).length.store(8);
    ring.daemon().slot(first() + 1).seq.store(layout::seq_of(first() + 1));  // and died before it stored head
    EXPECT_TRUE(ring::recover_producer(ring.daemon(), 0, lines({0})).is_done);
    EXPECT_EQ(ring::observe_ring(ring.daemon()).head, first() + 2);
    expect_numbers(consumer, 0, 2);
    EXPECT_EQ(producers_of(ring), 0U);
}

}  // namespace
}  // namespace ringview::test
