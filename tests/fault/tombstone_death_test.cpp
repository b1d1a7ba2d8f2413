#include <array>
#include <cstdint>
#include <set>

#include <gtest/gtest.h>
#include <ringview/ring/consumer_side.hpp>
#include <ringview/ring/observe.hpp>
#include <ringview/ring/producer_side.hpp>
#include <ringview/ring/recovery.hpp>

#include "mapped_ring.hpp"
#include "ring_fixture.hpp"
#include "stepped_call.hpp"

/// Producers that die at any instruction while they leave tombstones: stat tells what is in the ring.
namespace ringview::test {
namespace {

constexpr unsigned victim_line = 1;

/// Of a ring whose every position is in its slot still.
void expect_exact_counts(const MappedRing& ring) {
    const ring::DaemonRing daemon = ring.daemon();
    const ring::RingSnapshot told = ring::observe_ring(daemon);
    const layout::Position first = ring.geometry().first_position;
    std::uint64_t messages = 0;
    std::uint64_t tombstones = 0;
    for (layout::Position position = first; position != told.head; ++position) {
        const layout::Seq seq = daemon.slot(position).seq.load();
        messages += seq == layout::seq_of(position) ? 1 : 0;
        tombstones += seq == layout::tombstone_of(position) ? 1 : 0;
    }
    EXPECT_EQ(told.tombstones, tombstones);
    EXPECT_EQ(told.published, messages);
}

TEST(TombstoneDeath, AtAnyInstructionOfABatchThatIsGivenUpInPartEachIsCountedOnce) {
    layout::RingParameters p = ring_of(8, two_to_63 - 3);
    p.producers = 2;
    const MappedRing before(p);
    ASSERT_EQ(before.producer(0).try_reserve(), ok);  // its own claim is in nobody's way
    std::set<std::uint64_t> seen;
    kill_at_every_change(
        before,
        [](const MappedRing& ring) {
            auto producer = ring.producer(victim_line);
            if (producer.try_reserve(4) != ok) return;
            const std::array<std::uint32_t, 1> lengths{8};
            producer.publish_batch(lengths);
        },
        [&](const MappedRing& left) {
            expect_exact_counts(left);
            EXPECT_TRUE(ring::recover_producer(left.daemon(), victim_line, std::uint64_t{1} << victim_line).is_done);
            expect_exact_counts(left);
            seen.insert(ring::observe_ring(left.daemon()).tombstones);
        });
    EXPECT_EQ(seen, (std::set<std::uint64_t>{0, 3, 4}));
}

TEST(TombstoneDeath, AtAnyInstructionOfTheOnlyProducerEachIsCountedOnce) {
    const layout::RingParameters p = ring_of(4, two_to_63 - 3);
    const MappedRing before(p);
    const auto producer_of = [](const MappedRing& ring) {
        ring::open_producer_line(ring.daemon(), 0);
        return ring::ProducerSide<>({ring.geometry(), ring.slots().data(), ring.cursors().data()},
                                    ring::Barrier(ring.geometry().asymmetric_barrier), 0);
    };
    // Two messages in a row are held, so that one tombstone follows another.
    const layout::Position start = ring::join(before.daemon(), 0, layout::MemberPolicy::lossy, ring::JoinAt::next);
    ring::ConsumerSide<> holder({before.geometry(), before.slots().data(), before.cursors().data()},
                                ring::Barrier(before.geometry().asymmetric_barrier), 0, start, 0,
                                ring::Overrun::laps_us);
    {
        auto producer = producer_of(before);
        publish_numbers(producer, 0, 4);
        ring::Received message;
        for (int i = 0; i < 2; ++i) ASSERT_EQ(holder.try_next(message), ok);
    }
    ring::close_producer_line(before.daemon(), 0);
    std::set<std::uint64_t> seen;
    kill_at_every_change(
        before,
        [&](const MappedRing& ring) {
            auto producer = producer_of(ring);
            if (producer.try_reserve() == ok) producer.publish(8);
        },
        [&](const MappedRing& left) {
            const auto told = [&] {
                const ring::RingSnapshot s = ring::observe_ring(left.daemon());
                std::uint64_t tombstones = 0;
                for (std::uint64_t i = 0; i < 4; ++i) tombstones += left.daemon().slot(i).seq.load() >> 63;
                EXPECT_EQ(s.tombstones, tombstones);
                EXPECT_EQ(s.published, s.head - left.geometry().first_position - tombstones);
                return s.tombstones;
            };
            told();
            ring::close_producer_line(left.daemon(), 0);
            seen.insert(told());
        });
    EXPECT_EQ(seen, (std::set<std::uint64_t>{0, 1, 2}));
}

}  // namespace
}  // namespace ringview::test
