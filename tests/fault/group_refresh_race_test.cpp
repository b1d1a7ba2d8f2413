#include <cstdint>
#include <optional>

#include "group_scene.hpp"
#include "interrupted_atomic.hpp"
#include "stepped_call.hpp"

/// A producer that looks for room while the daemon, at any instruction, hands over what a dead member had (E12).
namespace ringview::test {
namespace {

using Word = InterruptedAtomic<std::uint64_t>;

constexpr std::uint64_t to_the_end = 1'000'000;

void finish(SteppedCall& call) {
    if (!call.is_done()) call.step(to_the_end);
}

void fill(const MappedRing& ring) {
    auto producer = ring.producer(0);
    while (GroupScene::publish(producer) == ok) {
    }
}

void recover_victim(const MappedRing& ring) {
    GroupScene::recover(ring, victim);
}

std::uint64_t stride_of_recovery(const MappedRing& before) {
    return stride_through(kill_at_every_change(before, recover_victim, [](const MappedRing&) {}));
}

TEST(GroupRefreshRace, WhatIsHandedOverDuringAScanIsNotMissed) {
    const MappedRing before = GroupScene::start();
    auto dead = before.member(group, victim);
    ring::Received message;
    ASSERT_EQ(dead.try_next(message), ok);
    fill(before);
    auto member = before.member(group, survivor);
    GroupScene::take_all(member);
    const std::uint64_t stride = stride_of_recovery(before);
    bool is_done = false;
    for (std::uint64_t instructions = 0; !is_done && !testing::Test::HasFailure(); instructions += stride) {
        SCOPED_TRACE("recovery stands after " + std::to_string(instructions) + " instructions");
        const MappedRing ring(before);
        SteppedCall recovery([&] { recover_victim(ring); });
        recovery.step(instructions);
        is_done = recovery.is_done();
        auto producer = ring.producer<InterruptedAtomic>(1);
        Word::interrupted_word = &ring.daemon().group_line(group).next;  // first in a scan
        Word::interruption = [&] { finish(recovery); };
        EXPECT_EQ(producer.try_reserve(), Error::full);
        finish(recovery);
        auto other = ring.member(group, survivor);
        EXPECT_EQ(GroupScene::take_all(other), std::vector<std::uint64_t>{number_in(message)});
    }
}

TEST(GroupRefreshRace, AnIntentThatAScanHasMissedIsNotHandedOverOnceItsSlotIsWritten) {
    const MappedRing before = GroupScene::start();
    fill(before);
    auto member = before.member(group, survivor);
    GroupScene::take_all(member);
    const std::uint64_t stride = stride_of_recovery(before);
    bool is_done = false;
    for (std::uint64_t instructions = 0; !is_done && !testing::Test::HasFailure(); instructions += stride) {
        SCOPED_TRACE("recovery stands after " + std::to_string(instructions) + " instructions");
        const MappedRing ring(before);
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
        ASSERT_TRUE(recovery.has_value());
        is_done = recovery->is_done();
        finish(*recovery);
        auto other = ring.member(group, survivor);
        GroupScene::take_all(other);
        EXPECT_TRUE(GroupScene::settle(ring, victim));
    }
}

}  // namespace
}  // namespace ringview::test
