#include <cstdio>
#include <vector>

#include "group_scene.hpp"
#include "stepped_call.hpp"

/// Members of a group that die at any instruction.
namespace ringview::test {
namespace {

void take_one_and_release(const MappedRing& ring) {
    auto member = ring.member(group, victim);
    ring::Received message;
    if (member.try_next(message) != ok) return;
    ring.note() = taken;
    ring.note() = releasing;
    member.release(message.position);
    ring.note() = released;
}

void take_three_and_release(const MappedRing& ring) {
    auto member = ring.member(group, victim);
    std::array<ring::Received, 3> messages;
    std::size_t count = 0;
    if (member.try_next_batch(messages, count) != ok || count != messages.size()) return;
    ring.note() = taken;
    ring.note() = releasing;
    member.release_batch(messages);
    ring.note() = released;
}

/// A third member has taken all four messages and died.
MappedRing with_a_predecessor() {
    MappedRing ring = GroupScene::start();
    GroupScene::join(ring, predecessor);
    auto member = ring.member(group, predecessor);
    std::array<ring::Received, 3> messages;
    std::size_t count = 0;
    EXPECT_EQ(member.try_next(messages[0]), ok);
    EXPECT_EQ(member.try_next_batch(messages, count), ok);
    GroupScene::recover(ring, predecessor);
    return ring;
}

struct Killing {
    Numbers wanted;                ///< what the victim takes and releases
    Numbers done;                  ///< what others have released before
    std::uint64_t left_by_others;  ///< how many messages wait to be delivered again
    std::vector<unsigned> dead;
};

/// Kills the victim wherever it changes something.
void kill_everywhere(const MappedRing& before, const std::function<void(const MappedRing&)>& operation,
                     const Killing& killing) {
    std::set<std::uint64_t> seen;
    std::uint64_t fewest_again = ~std::uint64_t{0};
    const std::uint64_t instructions = kill_at_every_change(before, operation, [&](const MappedRing& left) {
        const std::uint64_t progress = left.note();
        SCOPED_TRACE("progress " + std::to_string(progress));
        seen.insert(progress);
        GroupScene::recover(left, victim);
        Numbers done = killing.done;
        if (progress == released) done.insert(killing.wanted.begin(), killing.wanted.end());
        // What it was about to take over waits in two places.
        const bool is_intended = progress == nothing_taken && killing.left_by_others != 0;
        const std::uint64_t again =
            GroupScene::expect_all_goes_on(left, done, progress == releasing ? killing.wanted : Numbers{}, killing.dead,
                                           survivor, is_intended ? killing.wanted : Numbers{});
        EXPECT_TRUE(progress != taken ||
                    again == std::max<std::uint64_t>(killing.left_by_others, killing.wanted.size()))
            << again << " delivered again of what it held";
        if (progress < taken) return;
        EXPECT_LE(again, fewest_again) << "what is released stays released";
        fewest_again = again;
    });
    EXPECT_EQ(seen.size(), 4U);
    std::printf("killed at any of %llu instructions\n", static_cast<unsigned long long>(instructions));
}

TEST(GroupMemberDeath, AtAnyInstructionOfNextAndReleaseLosesNothingAndRepeatsOnlyWhatItHeld) {
    kill_everywhere(GroupScene::start(), take_one_and_release, {{1}, {}, 0, {victim}});
}

TEST(GroupMemberDeath, AtAnyInstructionOfABatchLosesNothingAndRepeatsOnlyWhatItHeld) {
    const MappedRing ring = GroupScene::start();
    auto other = ring.member(group, survivor);
    ring::Received message;
    ASSERT_EQ(other.try_next(message), ok);
    other.release(message.position);
    kill_everywhere(ring, take_three_and_release, {{2, 3, 4}, {1}, 0, {victim}});
}

TEST(GroupMemberDeath, AtAnyInstructionOfTakingOverFromADeadOneLosesNothing) {
    kill_everywhere(with_a_predecessor(), take_one_and_release, {{1}, {}, 4, {victim, predecessor}});
}

/// The other one takes what the victim is about to take and keeps it; then both die, the victim anywhere.
void overtake_everywhere(const MappedRing& before, const std::vector<unsigned>& dead) {
    constexpr unsigned third = 3;
    GroupScene::join(before, third);
    stop_along(before, take_one_and_release, [&](const MappedRing& ring, std::uint64_t instructions) {
        SteppedCall call([&] { take_one_and_release(ring); });
        call.step(instructions);
        const bool is_done = call.is_done();
        auto other = ring.member(group, survivor);
        const std::uint64_t overtaken = number_in(take(other));
        look_at_every_change(call, ring, [&](const MappedRing& left) {
            GroupScene::recover(left, victim);
            GroupScene::recover(left, survivor);
            // Of the first two messages each has one; what was only intended may come twice.
            Numbers of_victim{1, 2};
            of_victim.erase(overtaken);
            const bool may_be_released = left.note() >= releasing;
            GroupScene::expect_all_goes_on(left, {}, may_be_released ? of_victim : Numbers{}, dead, third, {1, 2});
        });
        return is_done;
    });
}

TEST(GroupMemberDeath, OvertakenAnywhereAndKilledAnywhereAfterwardsLosesNothing) {
    overtake_everywhere(GroupScene::start(), {victim, survivor});
}

TEST(GroupMemberDeath, OvertakenAnywhereInTakingOverFromADeadOneLosesNothing) {
    overtake_everywhere(with_a_predecessor(), {victim, survivor, predecessor});
}

}  // namespace
}  // namespace ringview::test
