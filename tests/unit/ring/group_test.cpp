#include <map>
#include <optional>
#include <set>
#include <vector>

#include <gtest/gtest.h>
#include <ringview/ring/consumer_side.hpp>
#include <ringview/ring/group.hpp>
#include <ringview/ring/group_member.hpp>

#include "interrupted_atomic.hpp"
#include "ring_fixture.hpp"

namespace ringview::test {
namespace {

using Member = ring::GroupMember<>;

constexpr unsigned group = 3;

/// The daemon's part, on a ring in plain memory.
class GroupRing {
 public:
    explicit GroupRing(const layout::RingParameters& p, ring::JoinAt at = ring::JoinAt::next) : ring(p) {
        start = ring::begin_group(ring.daemon(), group, at);
    }
    Member member(unsigned subscription) const { return member_of<Member>(group, subscription); }
    template <class Kind>
    Kind member_of(unsigned some_group, unsigned subscription) const {
        ring.set_state(subscription, layout::MemberState::active);
        ring::join_group(ring.daemon(), some_group, subscription);
        return Kind({{ring.geometry(), ring.bytes().slots().data(), ring.bytes().cursors().data()},
                     ring.barrier(),
                     subscription,
                     start},
                    some_group);
    }
    void die(unsigned subscription) const { ring::recover_member(ring.daemon(), group, subscription); }
    bool settle(unsigned subscription) const { return ring::settle_orphan(ring.daemon(), group, subscription); }
    ring::GroupSnapshot snapshot() const { return ring::observe_group(ring.daemon(), group); }

    InProcessRing<> ring;
    layout::Position start = 0;
};

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

TEST_P(Group, WhatADeadMemberHeldGoesToTheOthersAndHoldsProducersUntilThen) {
    const GroupRing g(parameters(8));
    auto producer = g.ring.producer();
    Member survivor = g.member(1);
    {
        Member dead = g.member(0);
        publish_numbers(producer, 0, 8);
        take(dead);
        take(dead);
        const ring::Received third = take(dead);
        dead.release(third.position);
    }
    EXPECT_EQ(g.snapshot().gone, 0U);
    g.die(0);
    EXPECT_EQ(g.snapshot().pos, first());
    EXPECT_EQ(g.snapshot().gone, 1U);
    EXPECT_EQ(g.snapshot().left_behind, 2U);
    EXPECT_EQ(producer.try_reserve(), Error::full);
    EXPECT_FALSE(g.settle(0)) << "its place is not free";
    std::set<std::uint64_t> seen;
    for (unsigned i = 0; i < 3; ++i) {
        const ring::Received a = take(survivor);
        const ring::Received b = take(survivor);
        seen.insert({number_in(a), number_in(b)});
        survivor.release(b.position);
        survivor.release(a.position);
    }
    EXPECT_EQ(survivor.redelivered(), 2U);
    EXPECT_EQ(take(survivor).position, first() + 7);
    EXPECT_EQ(g.snapshot().gone, 0U);
    EXPECT_EQ(g.snapshot().left_behind, 0U);
    EXPECT_TRUE(g.settle(0));
    for (const std::uint64_t number : {0U, 1U, 3U, 4U, 5U, 6U}) EXPECT_TRUE(seen.contains(number)) << number;
    EXPECT_FALSE(seen.contains(2)) << "it was released";
}

TEST_P(Group, AnIntentThatNeverBecameAClaimIsForgotten) {
    const GroupRing g(parameters(8));
    auto producer = g.ring.producer();
    Member survivor = g.member(1);
    g.member(0);
    publish_numbers(producer, 0, 2);
    g.ring.daemon().cursor(0).held[0].store(ring::held_word(first(), 1));  // died before its compare-and-swap
    g.die(0);
    EXPECT_TRUE(g.settle(0));
    EXPECT_EQ(number_in(take(survivor)), 0U);
    EXPECT_EQ(number_in(take(survivor)), 1U);
    EXPECT_EQ(survivor.redelivered(), 0U);
}

TEST_P(Group, AStaleIntentBelowTheGateIsForgottenToo) {
    const GroupRing g(parameters(4));
    auto producer = g.ring.producer();
    Member survivor = g.member(1);
    g.member(0);
    for (std::uint64_t number = 0; number < 10; ++number) {
        publish_numbers(producer, number, 1);
        survivor.release(take(survivor).position);
    }
    g.ring.daemon().cursor(0).held[0].store(ring::held_word(first() + 7, 1));  // lost the race, then stood still
    const layout::Position gate = g.ring.daemon().state().gate.value.load();
    g.die(0);
    EXPECT_EQ(g.settle(0), layout::distance(gate, first() + 7) > 0);
}

TEST_P(Group, RecoveryDoneTwiceLosesNothing) {
    const GroupRing g(parameters(8));
    auto producer = g.ring.producer();
    Member survivor = g.member(1);
    Member dead = g.member(0);
    publish_numbers(producer, 0, 2);
    take(dead);
    g.die(0);
    g.die(0);
    EXPECT_EQ(number_in(take(survivor)), 0U);
    EXPECT_EQ(number_in(take(survivor)), 1U);
    EXPECT_TRUE(g.settle(0));
}

TEST_P(Group, AMemberInAPlaceThatCountsAsLeftBehindStillLeavesItsMessages) {
    const GroupRing g(parameters(8));
    auto producer = g.ring.producer();
    Member survivor = g.member(1);
    g.ring.daemon().state().membership.orphans.store(1);  // of a predecessor whose place was not freed to the end
    Member dead = g.member(0);
    publish_numbers(producer, 0, 1);
    take(dead);
    g.die(0);
    EXPECT_EQ(number_in(take(survivor)), 0U);
}

TEST_P(Group, WhoHoldsAMessageIsNotHandedItAgainWhenAnotherDiesThatHadIntendedIt) {
    const GroupRing g(parameters(8));
    auto producer = g.ring.producer();
    Member survivor = g.member(1);
    g.member(0);
    publish_numbers(producer, 0, 2);
    const ring::Received held = take(survivor);
    g.ring.daemon().cursor(0).held[0].store(ring::held_word(held.position, 1));
    g.die(0);
    EXPECT_EQ(number_in(take(survivor)), 1U);
    EXPECT_TRUE(g.settle(0));
    EXPECT_EQ(survivor.redelivered(), 0U);
}

/// A word that somebody writes anew whenever something is taken from it, for long.
template <class T>
struct RefilledAtomic : std::atomic<T> {
    bool compare_exchange_strong(T& expected, T desired, std::memory_order success,
                                 std::memory_order failure = std::memory_order_acquire) noexcept {
        if (this == refilled_word && ++takes <= most_takes) return true;
        return std::atomic<T>::compare_exchange_strong(expected, desired, success, failure);
    }
    static constexpr unsigned most_takes = 10'000;
    static inline const void* refilled_word = nullptr;
    static inline unsigned takes = 0;
};

TEST_P(Group, AMemberLooksOnlySoOftenAtAWordThatIsNeverEmpty) {
    using Word = RefilledAtomic<std::uint64_t>;
    const GroupRing g(parameters(8));
    auto producer = g.ring.producer();
    g.member(0);
    g.member(1);
    ring::GroupMember<RefilledAtomic> survivor(
        {{g.ring.geometry(), g.ring.bytes().slots().data(), g.ring.bytes().cursors().data()},
         g.ring.barrier(),
         1,
         g.start},
        group);
    publish_numbers(producer, 0, 1);
    g.die(0);
    auto& word = g.ring.daemon().cursor(0).redelivery[0];
    word.store(ring::redelivery_word(ring::held_word(first(), 1), group));  // which nobody has claimed
    Word::refilled_word = &word;
    Word::takes = 0;
    ring::Received message;
    EXPECT_EQ(survivor.try_next(message), ok);
    EXPECT_EQ(number_in(message), 0U);
    EXPECT_GT(Word::takes, 1U);
    EXPECT_LE(Word::takes, 128U) << "as many as an honest word may need";
    Word::refilled_word = nullptr;
}

TEST_P(Group, AMemberThatStoodStillTakesNothingThatAnotherGroupHasLeftInTheSamePlaceSince) {
    using Word = InterruptedAtomic<std::uint64_t>;
    constexpr unsigned other_group = group + 1;
    const GroupRing g(parameters(8));
    ring::begin_group(g.ring.daemon(), other_group, ring::JoinAt::next);
    auto producer = g.ring.producer();
    Member quick = g.member(2);
    auto slow = g.member_of<ring::GroupMember<InterruptedAtomic>>(group, 1);
    Member dead = g.member(0);
    publish_numbers(producer, 0, 2);
    take(dead);
    g.die(0);
    Word::interrupted_word = &g.ring.daemon().cursor(0).redelivery[0];
    Word::interruption = [&] {
        quick.release(take(quick).position);
        EXPECT_TRUE(g.settle(0));
        auto dead_of_other_group = g.member_of<Member>(other_group, 0);
        take(dead_of_other_group);
        ring::recover_member(g.ring.daemon(), other_group, 0);
    };
    ring::Received message;
    ASSERT_EQ(slow.try_next(message), ok);
    EXPECT_EQ(number_in(message), 1U) << "what is next in its own group";
    auto heir = g.member_of<Member>(other_group, 3);
    EXPECT_EQ(number_in(take(heir)), 0U);
    EXPECT_EQ(heir.redelivered(), 1U);
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

TEST_P(Group, BeginsAtAPositionOrWhereTheRingStillHasIt) {
    const InProcessRing<> ring(parameters(8));
    auto producer = ring.producer();
    publish_numbers(producer, 0, 20);
    const layout::Position gate = ring.daemon().state().gate.value.load();
    EXPECT_EQ(ring::begin_group_at(ring.daemon(), group, first() + 18), first() + 18);
    EXPECT_EQ(ring::begin_group_at(ring.daemon(), group + 1, first() + 1), gate);
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
