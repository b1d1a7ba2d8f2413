#include <vector>

#include <gtest/gtest.h>
#include <ringview/ring/consumer_side.hpp>

#include "group_ring.hpp"
#include "ring_fixture.hpp"

namespace ringview::test {
namespace {

class Group : public RingFrom {};
RINGVIEW_FROM_EVERY_WRAP(Group);

TEST_P(Group, EachMessageGoesToOneMemberInTheOrderInWhichTheyAsk) {
    const GroupRing g(parameters(8));
    auto producer = g.ring.producer();
    Member one = g.member(0);
    Member two = g.member(1);
    EXPECT_EQ(try_next_code(one), Error::empty);
    for (std::uint64_t lap = 0; lap < 5; ++lap) {
        publish_numbers(producer, lap * 3, 3);
        const ring::Received a = take(one);
        const ring::Received b = take(two);
        const ring::Received c = take(two);
        EXPECT_EQ(number_in(a), lap * 3);
        EXPECT_EQ(number_in(b), lap * 3 + 1);
        EXPECT_EQ(number_in(c), lap * 3 + 2);
        EXPECT_EQ(try_next_code(one), Error::empty);
        one.release(a.position);
        two.release(c.position);
        two.release(b.position);
    }
    EXPECT_EQ(one.delivered(), 5U);
    EXPECT_EQ(two.delivered(), 10U);
    EXPECT_EQ(ring::observe_subscription(g.ring.daemon(), 1).delivered, 10U);
}

TEST_P(Group, ProducersWaitForTheLowestMessageThatAnyMemberHolds) {
    const GroupRing g(parameters(4));
    auto producer = g.ring.producer();
    Member one = g.member(0);
    Member two = g.member(1);
    publish_numbers(producer, 0, 4);
    EXPECT_EQ(producer.try_reserve(), Error::full) << "nothing is claimed";
    const ring::Received a = take(one);
    const ring::Received b = take(two);
    two.release(b.position);
    EXPECT_EQ(producer.try_reserve(), Error::full) << "the first is held";
    EXPECT_EQ(g.snapshot().pos, first());
    EXPECT_EQ(g.snapshot().next, first() + 2);
    EXPECT_EQ(g.snapshot().lag, 4U);
    one.release(a.position);
    EXPECT_EQ(g.snapshot().pos, first() + 2);
    publish_numbers(producer, 4, 2);
    EXPECT_EQ(producer.try_reserve(), Error::full);
}

TEST_P(Group, ABatchIsClaimedInARowAndReleasedTogether) {
    const GroupRing g(parameters(16));
    auto producer = g.ring.producer();
    Member one = g.member(0);
    Member two = g.member(1);
    publish_numbers(producer, 0, 7);
    std::vector<ring::Received> batch(5);
    std::size_t count = 0;
    ASSERT_EQ(one.try_next_batch(batch, count), ok);
    ASSERT_EQ(count, 5U);
    for (std::uint64_t i = 0; i < 5; ++i) EXPECT_EQ(number_in(batch[i]), i);
    std::vector<ring::Received> rest(5);
    ASSERT_EQ(two.try_next_batch(rest, count), ok);
    ASSERT_EQ(count, 2U);
    EXPECT_EQ(number_in(rest[0]), 5U);
    EXPECT_EQ(g.snapshot().pos, first());
    one.release_batch(batch);
    EXPECT_EQ(g.snapshot().pos, first() + 5);
    two.release_batch(std::span(rest).first(count));
    EXPECT_EQ(g.snapshot().pos, first() + 7);
}

TEST_P(Group, TombstonesAreSteppedOverByWhoeverClaimsThem) {
    layout::RingParameters p = parameters(8);
    p.producers = 2;
    const GroupRing g(p);
    auto producer = g.ring.shared_producer(0);
    Member one = g.member(0);
    ASSERT_EQ(producer.try_reserve(), ok);
    producer.abandon();
    publish_numbers(producer, 7, 1);
    EXPECT_EQ(number_in(take(one)), 7U);
    EXPECT_EQ(one.stepped_over(), 1U);
    EXPECT_EQ(g.snapshot().pos, first() + 1);
}

TEST_P(Group, AGroupThatEndsFreesItsProducers) {
    const GroupRing g(parameters(4));
    auto producer = g.ring.producer();
    Member one = g.member(0);
    publish_numbers(producer, 0, 4);
    take(one);
    EXPECT_EQ(producer.try_reserve(), Error::full);
    ring::end_group(g.ring.daemon(), group);
    EXPECT_EQ(producer.try_reserve(), ok);
}

TEST_P(Group, AMessageTooShortForTheRingIsPassedOverAndCounted) {
    const GroupRing g(parameters(8));
    auto producer = g.ring.producer();
    g.ring.set_state(0, layout::MemberState::active);
    ring::join_group(g.ring.daemon(), group, 0);
    Member one({{g.ring.geometry(), g.ring.bytes().slots().data(), g.ring.bytes().cursors().data()},
                g.ring.barrier(),
                0,
                g.start,
                0,
                8},
               group);
    ASSERT_EQ(producer.try_reserve(), ok);
    producer.publish(2);
    publish_numbers(producer, 1, 1);
    EXPECT_EQ(try_next_code(one), Error::corrupt);
    const ring::Received message = take(one);
    EXPECT_EQ(number_in(message), 1U);
    EXPECT_EQ(message.lost_before, 1U);
}

TEST_P(Group, BeginsAtAPositionOrWhereTheHistoryDoes) {
    const InProcessRing<> ring(parameters(8, 4));
    auto producer = ring.producer();
    publish_numbers(producer, 0, 20);
    EXPECT_EQ(ring::begin_group_at(ring.daemon(), group, first() + 18), first() + 18);
    EXPECT_EQ(ring::begin_group_at(ring.daemon(), group + 1, first() + 1), first() + 16);
    EXPECT_EQ(ring::begin_group(ring.daemon(), group + 2, ring::JoinAt::oldest), first() + 16);
}

TEST_P(Group, AMembersPosIsTheLowestThatItHoldsOrWhatItMayClaimNext) {
    const GroupRing g(parameters(8));
    auto producer = g.ring.producer();
    Member one = g.member(0);
    Member two = g.member(1);
    publish_numbers(producer, 0, 5);
    const ring::Received a = take(one);
    const ring::Received b = take(two);
    const ring::Received c = take(one);
    const auto seen = [&](unsigned member) { return ring::observe_member(g.ring.daemon(), group, member); };
    EXPECT_EQ(seen(0).pos, first());
    EXPECT_EQ(seen(0).lag, 5U);
    EXPECT_EQ(seen(0).held, 2U);
    EXPECT_EQ(seen(1).pos, first() + 1);
    one.release(a.position);
    EXPECT_EQ(seen(0).pos, first() + 2);
    EXPECT_EQ(one.pos(), first() + 2);
    one.release(c.position);
    EXPECT_EQ(seen(0).pos, first() + 3);
    EXPECT_EQ(seen(0).lag, 2U);
    two.release(b.position);
}

TEST_P(Group, AnswersAsAConsumerSideToo) {
    const GroupRing g(parameters(8));
    auto producer = g.ring.producer();
    {
        Member dead = g.member(0);
        publish_numbers(producer, 0, 2);
        take(dead);
    }
    g.ring.set_state(1, layout::MemberState::active);
    ring::join_group(g.ring.daemon(), group, 1);
    ring::ConsumerSide<> side({{g.ring.geometry(), g.ring.bytes().slots().data(), g.ring.bytes().cursors().data()},
                               g.ring.barrier(),
                               1,
                               g.start},
                              group);
    g.die(0);
    ring::Received message;
    ASSERT_EQ(side.next(message, ring::Deadline::never()), ok);
    EXPECT_EQ(number_in(message), 0U);
    EXPECT_TRUE(message.is_redelivered);
    EXPECT_TRUE(side.holds_messages());
    side.release(message.position);
    ASSERT_EQ(side.try_next(message), ok);
    EXPECT_EQ(number_in(message), 1U);
    EXPECT_FALSE(message.is_redelivered);
    EXPECT_EQ(side.redelivered(), 1U);
    EXPECT_EQ(side.try_latest(message), Error::unsupported);
    side.release(message.position);
    EXPECT_EQ(side.try_next(message), Error::empty);
}

TEST_P(Group, ThereIsNoJumpToTheNewestMessage) {
    const GroupRing g(parameters(8));
    Member one = g.member(0);
    ring::Received message;
    EXPECT_EQ(one.try_latest(message), Error::unsupported);
    EXPECT_EQ(one.latest(message, ring::Deadline::never()), Error::unsupported);
}

TEST_P(Group, AMemberHoldsMessagesThatAreNotInARowUpToEight) {
    const GroupRing g(parameters(64));
    auto producer = g.ring.producer();
    Member one = g.member(0);
    Member two = g.member(1);
    publish_numbers(producer, 0, 32);
    std::vector<layout::Position> held;
    for (std::uint64_t i = 0; i < 8; ++i) {
        const ring::Received message = take(one);
        EXPECT_EQ(number_in(message), 2 * i);
        held.push_back(message.position);
        take(two);
    }
    EXPECT_EQ(try_next_code(one), Error::too_many_held);
    one.release(held.front());
    EXPECT_EQ(number_in(take(one)), 16U);
}

TEST_P(Group, AMemberThatCanHoldNoMorePassesTheWakeOn) {
    const GroupRing g(parameters(8));
    auto producer = g.ring.producer();
    Member one = g.member(0);
    g.member(1);
    publish_numbers(producer, 0, 8);
    for (int i = 0; i < 4; ++i) take(one);
    auto& asleep = g.ring.daemon().cursor(1);
    asleep.wait_seq.store(layout::seq_of(first() + 4));
    g.ring.daemon().waiters().bits.fetch_or(2);
    const std::uint64_t wakes = asleep.wakes.load();
    EXPECT_EQ(try_next_code(one), Error::too_many_held);
    EXPECT_EQ(asleep.wakes.load(), wakes + 1);
    g.ring.daemon().waiters().bits.store(0);
}

TEST_P(Group, AMemberHoldsHalfTheRingAtMost) {
    const GroupRing g(parameters(8));
    auto producer = g.ring.producer();
    Member one = g.member(0);
    Member two = g.member(1);
    publish_numbers(producer, 0, 8);
    for (int i = 0; i < 4; ++i) take(one);
    EXPECT_EQ(try_next_code(one), Error::too_many_held);
    EXPECT_EQ(number_in(take(two)), 4U);
}

}  // namespace
}  // namespace ringview::test
