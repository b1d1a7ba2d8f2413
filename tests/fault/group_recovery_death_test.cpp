#include "group_scene.hpp"
#include "stepped_call.hpp"

/// A daemon that dies at any instruction of what it does to groups, and its successor that begins anew.
namespace ringview::test {
namespace {

void take_three(const MappedRing& ring) {
    auto member = ring.member(group, victim);
    std::array<ring::Received, 3> messages;
    std::size_t count = 0;
    if (member.try_next(messages[0]) == ok && member.try_next_batch(messages, count) == ok) ring.note() = taken;
}

TEST(GroupRecoveryDeath, AtAnyInstructionAfterAMemberDiedAtAnyLosesNothingOnceDoneAgain) {
    bool has_taken = false;
    kill_at_every_change(GroupScene::start(), take_three, [&](const MappedRing& left) {
        has_taken |= left.note() == taken;
        kill_at_every_change(left, recover_victim, [&](const MappedRing& half_done) {
            GroupScene::recover(half_done, victim);
            const std::uint64_t again = GroupScene::expect_all_goes_on(half_done, {}, {}, {victim});
            EXPECT_TRUE(again == 4 || half_done.note() != taken) << again;
        });
    });
    EXPECT_TRUE(has_taken);
}

TEST(GroupRecoveryDeath, AtAnyInstructionRepeatsNothingThatOthersHaveTakenBeforeItIsDoneAgain) {
    const MappedRing dead = GroupScene::start();
    take_three(dead);
    std::size_t most = 0;
    kill_at_every_change(dead, recover_victim, [&](const MappedRing& half_done) {
        auto member = half_done.member(group, survivor);
        const std::vector<std::uint64_t> before = GroupScene::take_all(member);
        most = std::max(most, before.size());
        GroupScene::recover(half_done, victim);
        GroupScene::expect_all_goes_on(half_done, Numbers(before.begin(), before.end()), {}, {victim});
    });
    EXPECT_EQ(most, 4U) << "nothing could be taken over";
}

TEST(GroupRecoveryDeath, AtAnyInstructionOfFreeingAPlaceLeavesItToBeFreedAgain) {
    const MappedRing ring = GroupScene::start();
    GroupScene::recover(ring, victim);
    kill_at_every_change(
        ring, [](const MappedRing& r) { GroupScene::settle(r, victim); },
        [&](const MappedRing& half_done) {
            const MappedRing taken_again(half_done);
            EXPECT_TRUE(GroupScene::settle(half_done, victim));
            GroupScene::expect_all_goes_on(half_done, {}, {}, {});
            GroupScene::recover(taken_again, victim);
            GroupScene::expect_all_goes_on(taken_again, {}, {}, {victim});
        });
}

TEST(GroupRecoveryDeath, AtAnyInstructionOfAJoinLeavesAPlaceThatCanBeTakenOrFreed) {
    constexpr unsigned newcomer = 9;
    kill_at_every_change(
        GroupScene::start(), [](const MappedRing& r) { GroupScene::join(r, newcomer); },
        [&](const MappedRing& half_done) {
            const MappedRing given_up(half_done);
            GroupScene::join(half_done, newcomer);
            GroupScene::expect_all_goes_on(half_done, {}, {}, {}, newcomer);
            GroupScene::recover(given_up, newcomer);
            EXPECT_TRUE(GroupScene::settle(given_up, newcomer));
            GroupScene::expect_all_goes_on(given_up, {}, {}, {});
        });
}

TEST(GroupRecoveryDeath, AtAnyInstructionOfTheEndOfAGroupFreesItsProducersOnceDoneAgain) {
    const MappedRing ring = GroupScene::start();
    take_three(ring);
    GroupScene::recover(ring, victim);
    kill_at_every_change(
        ring, [](const MappedRing& r) { ring::end_group(r.daemon(), group); },
        [&](const MappedRing& half_done) {
            ring::end_group(half_done.daemon(), group);
            const auto& membership = half_done.daemon().state().membership;
            EXPECT_EQ(membership.in_groups.load(), 0U) << "places of members of no group";
            EXPECT_EQ(membership.orphans.load(), 0U);
            auto producer = half_done.producer(1);
            for (std::uint64_t i = 0; i < 3 * group_ring_slots; ++i) EXPECT_EQ(GroupScene::publish(producer), ok);
        });
}

TEST(GroupRecoveryDeath, AtAnyInstructionOfTheBeginOfAGroupLeavesItToBeBegunAgain) {
    MappedRing ring = GroupScene::start();
    ring::end_group(ring.daemon(), group);
    const auto begin = [](const MappedRing& r) { ring::begin_group(r.daemon(), group, ring::JoinAt::next); };
    kill_at_every_change(ring, begin, [&](const MappedRing& half_done) {
        begin(half_done);
        GroupScene::join(half_done, survivor);
        GroupScene::expect_all_goes_on(half_done, {1, 2, 3, 4}, {}, {});
    });
}

}  // namespace
}  // namespace ringview::test
