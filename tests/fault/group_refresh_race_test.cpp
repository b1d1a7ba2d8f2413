#include <cstdint>
#include <optional>

#include "group_scene.hpp"
#include "interrupted_atomic.hpp"
#include "stepped_call.hpp"

/// A producer that looks for room while the daemon, at any instruction, hands over what a dead member had (E12).
namespace ringview::test {
namespace {

using Word = InterruptedAtomic<std::uint64_t>;

TEST(GroupRefreshRace, WhatIsHandedOverDuringAScanIsNotMissed) {
    const MappedRing before = GroupScene::start();
    auto dead = before.member(group, victim);
    const ring::Received message = take(dead);
    GroupScene::fill(before);
    auto member = before.member(group, survivor);
    GroupScene::take_all(member);
    stop_along(before, recover_victim, [&](const MappedRing& ring, std::uint64_t instructions) {
        SteppedCall recovery([&] { recover_victim(ring); });
        recovery.step(instructions);
        const bool is_done = recovery.is_done();
        auto producer = ring.producer<InterruptedAtomic>(1);
        Word::interrupted_word = &ring.daemon().group_line(group).next;  // first in a scan
        Word::interruption = [&] { recovery.finish(); };
        EXPECT_EQ(producer.try_reserve(), Error::full);
        recovery.finish();
        auto other = ring.member(group, survivor);
        EXPECT_EQ(GroupScene::take_all(other), std::vector<std::uint64_t>{number_in(message)});
        return is_done;
    });
}

TEST(GroupRefreshRace, AnIntentThatAScanHasMissedIsNotHandedOverOnceItsSlotIsWritten) {
    const MappedRing before = GroupScene::start();
    GroupScene::fill(before);
    auto member = before.member(group, survivor);
    GroupScene::take_all(member);
    stop_along(before, recover_victim, [&](const MappedRing& ring, std::uint64_t instructions) {
        std::optional<SteppedCall> recovery;
        auto producer = ring.producer<InterruptedAtomic>(1);
        Word::interrupted_word = &ring.daemon().cursor(survivor).held[0];  // behind the victim's words in a scan
        Word::interruption = [&] {
            ring.daemon().cursor(victim).held[0].store(ring::held_word(GroupScene::first_position, 1));
            recovery.emplace([&] { recover_victim(ring); });
            recovery->step(instructions);
        };
        if (producer.try_reserve() == ok) {
            write_number(producer, GroupScene::number_of(producer.position()));
            producer.publish(sizeof(std::uint64_t));
        }
        EXPECT_TRUE(recovery.has_value());
        if (!recovery) return true;
        const bool is_done = recovery->is_done();
        recovery->finish();
        auto other = ring.member(group, survivor);
        GroupScene::take_all(other);
        EXPECT_TRUE(GroupScene::settle(ring, victim));
        return is_done;
    });
}

}  // namespace
}  // namespace ringview::test
