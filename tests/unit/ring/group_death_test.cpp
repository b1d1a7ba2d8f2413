#include <atomic>
#include <chrono>
#include <set>

#include <gtest/gtest.h>
#include <ringview/ring/consumer_side.hpp>

#include "futex_probe.hpp"
#include "group_ring.hpp"
#include "interrupted_atomic.hpp"
#include "ring_fixture.hpp"

/// What members leave behind that die, and who gets it.
namespace ringview::test {
namespace {

class GroupDeath : public RingFrom {};
RINGVIEW_FROM_EVERY_WRAP(GroupDeath);

TEST_P(GroupDeath, WhatADeadMemberHeldGoesToTheOthersAndHoldsProducersUntilThen) {
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

TEST_P(GroupDeath, AnIntentThatNeverBecameAClaimIsForgotten) {
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

TEST_P(GroupDeath, AStaleIntentBelowTheGateIsForgottenToo) {
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

TEST_P(GroupDeath, RecoveryDoneTwiceLosesNothing) {
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

TEST_P(GroupDeath, AMemberInAPlaceThatCountsAsLeftBehindStillLeavesItsMessages) {
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

TEST_P(GroupDeath, WhoHoldsAMessageIsNotHandedItAgainWhenAnotherDiesThatHadIntendedIt) {
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

TEST_P(GroupDeath, AMemberLooksOnlySoOftenAtAWordThatIsNeverEmpty) {
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

TEST_P(GroupDeath, AMemberThatStoodStillTakesNothingThatAnotherGroupHasLeftInTheSamePlaceSince) {
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

/// It begins when the producer has looked for it, and not yet announced the gate.
TEST_P(GroupDeath, WhatTheFirstMessagesAreIsKnownAlsoWhereAProducerLooksForRoomWhileTheGroupBegins) {
    using Word = InterruptedAtomic<std::uint64_t>;
    const InProcessRing<InterruptedAtomic> ring(parameters(8, 4));
    auto producer = ring.producer();
    publish_numbers(producer, 0, 8);
    layout::Position start = 0;
    Word::interruption = [&] {
        Word::interruption = [&] { start = ring::begin_group(ring.daemon(), group, ring::JoinAt::oldest); };
    };
    Word::interrupted_word = &ring.daemon().state().membership.join_epoch;
    producer.try_reserve();
    Word::interrupted_word = nullptr;
    ASSERT_NE(ring.daemon().state().gate.value.load(), first()) << "nothing was announced while the group began";
    const auto lag = [&] { return ring::observe_group(ring.daemon(), group).lag; };
    const std::uint64_t published = first() + 8 - start;
    EXPECT_EQ(lag(), published);
    EXPECT_EQ(ring::observe_ring(ring.daemon()).used, published);
    const auto member = [&](unsigned place) {
        ring.set_state(place, layout::MemberState::active);
        ring::join_group(ring.daemon(), group, place);
        return Member({{ring.geometry(), ring.bytes().slots().data(), ring.bytes().cursors().data()},
                       ring.barrier(),
                       place,
                       start},
                      group);
    };
    {
        Member dead = member(0);
        EXPECT_EQ(take(dead).position, start);
        EXPECT_EQ(lag(), published) << "it is not released";
    }
    ring::recover_member(ring.daemon(), group, 0);
    Member survivor = member(1);
    EXPECT_EQ(take(survivor).position, start);
    EXPECT_EQ(survivor.redelivered(), 1U);
}

/// A gate that no honest producer announces: it looks from its own.
TEST_P(GroupDeath, AProducerSleepsForWhatIsHeldBelowAGateThatWasAnnouncedTooHigh) {
    const GroupRing g(parameters(8));
    Member member = g.member(0);
    {
        auto producer = g.ring.producer();
        publish_numbers(producer, 0, 8);
    }
    const ring::Received held = take(member);
    for (int i = 1; i < 8; ++i) member.release(take(member).position);
    g.ring.daemon().state().gate.value.store(held.position + 4);
    ring::close_producer_line(g.ring.daemon(), 0);
    auto successor = g.ring.producer();
    reset_futex_counts();
    EXPECT_EQ(successor.reserve(ring::Deadline::after(std::chrono::milliseconds{30})), Error::full);
    EXPECT_GE(futex_counts().sleeps, 1U);
    member.release(held.position);
    EXPECT_EQ(successor.try_reserve(), ok);
}

}  // namespace
}  // namespace ringview::test
