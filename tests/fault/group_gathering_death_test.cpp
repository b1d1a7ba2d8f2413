#include <array>
#include <functional>

#include "group_scene.hpp"
#include "interrupted_atomic.hpp"
#include "stepped_call.hpp"

/// A daemon that dies at any instruction while it gathers what many members have left, or that a producer overtakes
/// there (E12).
namespace ringview::test {
namespace {

constexpr std::array<unsigned, 3> dead = {victim, survivor, predecessor};
constexpr std::uint64_t all_dead = 1U << victim | 1U << survivor | 1U << predecessor;
constexpr unsigned newcomer = 9;
const Numbers all_left = {1, 2, 3, 4};

/// Of four messages each of the dead has left one, and one of them two, in two words.
MappedRing left_behind() {
    const MappedRing ring = GroupScene::start();
    GroupScene::join(ring, predecessor);
    std::array<ring::Received, 4> messages;
    auto first = ring.member(group, victim);
    auto second = ring.member(group, survivor);
    auto third = ring.member(group, predecessor);
    EXPECT_EQ(second.try_next(messages[0]), ok);
    EXPECT_EQ(first.try_next(messages[1]), ok);
    EXPECT_EQ(second.try_next(messages[2]), ok);
    EXPECT_EQ(third.try_next(messages[3]), ok);
    for (const unsigned subscription : dead) GroupScene::recover(ring, subscription);
    return ring;
}

void gather(const MappedRing& ring) {
    ring::gather_orphans(ring.daemon(), all_dead);
}

/// As gather(), but clears a word before its copy is there.
void gather_carelessly(const MappedRing& ring) {
    auto& to = ring.daemon().cursor(victim).redelivery;
    auto& from = ring.daemon().cursor(predecessor).redelivery;
    const std::uint64_t word = from[0].exchange(0);
    to[1].store(word);
}

/// Of what was left, what a member that comes now does not get.
Numbers lost_to_a_newcomer(const MappedRing& ring) {
    GroupScene::join(ring, newcomer);
    auto member = ring.member(group, newcomer);
    Numbers lost = all_left;
    for (const std::uint64_t number : GroupScene::take_all(member)) lost.erase(number);
    return lost;
}

Numbers lost_by(const std::function<void(const MappedRing&)>& operation) {
    Numbers lost;
    kill_at_every_change(left_behind(), operation,
                         [&](const MappedRing& half_done) { lost.merge(lost_to_a_newcomer(half_done)); });
    return lost;
}

TEST(GroupGatheringDeath, AtAnyInstructionLosesNothing) {
    EXPECT_EQ(lost_by(gather), Numbers{});
    EXPECT_NE(lost_by(gather_carelessly), Numbers{}) << "no such loss would be found";
}

TEST(GroupGatheringDeath, AtAnyInstructionLeavesPlacesAndSlotsToBeFreed) {
    kill_at_every_change(left_behind(), gather, [](const MappedRing& half_done) {
        GroupScene::join(half_done, newcomer);
        GroupScene::expect_all_goes_on(half_done, {}, {}, {dead.begin(), dead.end()}, newcomer, all_left);
    });
}

TEST(GroupGatheringDeath, AtAnyInstructionLeavesFewPlacesTakenOnceDoneAgain) {
    kill_at_every_change(left_behind(), gather, [](const MappedRing& half_done) {
        gather(half_done);
        EXPECT_TRUE(GroupScene::settle(half_done, survivor));
        EXPECT_TRUE(GroupScene::settle(half_done, predecessor));
        GroupScene::join(half_done, newcomer);
        GroupScene::expect_all_goes_on(half_done, {}, {}, {victim}, newcomer, all_left);
    });
}

TEST(GroupGatheringRace, WhatIsMovedDuringAScanIsNotMissed) {
    using Word = InterruptedAtomic<std::uint64_t>;
    const MappedRing before = left_behind();
    GroupScene::fill(before);
    stop_along(before, gather, [](const MappedRing& ring, std::uint64_t instructions) {
        SteppedCall gathering([&] { gather(ring); });
        gathering.step(instructions);
        const bool is_done = gathering.is_done();
        auto producer = ring.producer<InterruptedAtomic>(1);
        // Behind the words that are copied to, before those that are cleared; the lowest position is among these.
        Word::interrupted_word = &ring.daemon().cursor(victim).redelivery[layout::held_words - 1];
        Word::interruption = [&] { gathering.finish(); };
        EXPECT_EQ(producer.try_reserve(), Error::full);
        EXPECT_TRUE(gathering.is_done());
        EXPECT_EQ(lost_to_a_newcomer(ring), Numbers{});
        return is_done;
    });
}

}  // namespace
}  // namespace ringview::test
