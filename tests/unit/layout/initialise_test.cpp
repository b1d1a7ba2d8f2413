#include <algorithm>
#include <cstdint>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ringview/layout/ring_memory.hpp>
#include <ringview/layout/validate.hpp>

#include "ring_bytes.hpp"
#include "thrown_error.hpp"

namespace ringview::layout {
namespace {

using test::RingBytes;
using test::small_ring;

RingParameters rich_ring() {
    RingParameters p;
    p.name = "cameras/left-1";
    p.format = "T{<d:bid:<d:ask:}";
    p.shape = {-1, 3, 2};
    p.slots = 16;
    p.slot_bytes = 1000;
    p.history = 5;
    p.alignment = 128;
    p.timestamps = true;
    p.asymmetric_barrier = false;
    p.stall_timeout_ms = 2500;
    p.first_position = 77;
    return p;
}

TEST(InitialiseRing, WritesWhatValidateReads) {
    const RingParameters p = rich_ring();
    const RingBytes ring(p);
    const RingHeader header = validate(ring.slots(), ring.cursors());
    EXPECT_EQ(header.geometry, plan_geometry(p));
    EXPECT_EQ(header.name, p.name);
    EXPECT_EQ(header.format, p.format);
    EXPECT_EQ(header.shape, p.shape);
    EXPECT_EQ(header.payload_alignment, p.alignment);
    EXPECT_EQ(header.stall_timeout_ms, p.stall_timeout_ms);
    EXPECT_EQ(header.ring_id, test::test_ring_id);
    EXPECT_EQ(header.created_unix_ns, test::test_created_unix_ns);
}

TEST(InitialiseRing, TheLongestTextsComeThroughWhole) {
    RingParameters p = small_ring();
    p.name.assign(max_ring_name_bytes, 'n');
    p.format.assign(max_format_bytes, 'B');
    p.shape.assign(max_ring_dimensions, 1);
    const RingBytes ring(p);
    const RingHeader header = validate(ring.slots(), ring.cursors());
    EXPECT_EQ(header.name, p.name);
    EXPECT_EQ(header.format, p.format);
    EXPECT_EQ(header.shape, p.shape);
}

class InitialiseRingAt : public testing::TestWithParam<Position> {};

INSTANTIATE_TEST_SUITE_P(Wraps, InitialiseRingAt,
                         testing::Values(0, (Position{1} << 32) - 3, (Position{1} << 63) - 3, ~Position{0} - 2));

TEST_P(InitialiseRingAt, AFreshRingIsOpenAndEmptyAtItsFirstPosition) {
    RingParameters p = small_ring();
    p.first_position = GetParam();
    const RingBytes bytes(p);
    const WritableRing<> ring(plan_geometry(p), bytes.slots().data(), bytes.cursors().data());
    const auto& state = ring.state();
    EXPECT_EQ(state.head.value.load(), GetParam());
    EXPECT_EQ(state.gate.value.load(), GetParam());
    EXPECT_EQ(state.floors.floor.load(), GetParam());
    EXPECT_EQ(state.floors.safe_floor.load(), GetParam());
    EXPECT_EQ(state.membership.life.load(), static_cast<std::uint64_t>(RingLife::open));
    EXPECT_EQ(state.membership.lossless.load(), 0U);
    EXPECT_EQ(state.membership.producers.load(), 0U);
    EXPECT_EQ(ring.waiters().bits.load(), 0U);
}

TEST_P(InitialiseRingAt, EverySlotShowsTheSeqOfOneLapBefore) {
    RingParameters p = small_ring();
    p.first_position = GetParam();
    const RingBytes bytes(p);
    const WritableRing<> ring(plan_geometry(p), bytes.slots().data(), bytes.cursors().data());
    for (std::uint64_t i = 0; i < p.slots; ++i) {
        const Position position = GetParam() + i;
        EXPECT_EQ(ring.slot(position).seq.load(), seq_of(position - p.slots));
        EXPECT_LT(seq_distance(ring.slot(position).seq.load(), seq_of(position)), 0) << "nothing is published yet";
    }
}

TEST(InitialiseRing, ReservedBytesAreZero) {
    const RingParameters p = rich_ring();
    const RingBytes ring(p);
    const auto is_zero = [](std::byte b) { return b == std::byte{0}; };
    const auto all_zero = [&](std::span<const std::byte> bytes) {
        return std::all_of(bytes.begin(), bytes.end(), is_zero);
    };
    EXPECT_TRUE(all_zero(ring.slots().subspan(sizeof(SlotsHeader), format_text_offset - sizeof(SlotsHeader))));
    EXPECT_TRUE(
        all_zero(ring.slots().subspan(format_text_offset + p.format.size(), max_format_bytes - p.format.size())));
    EXPECT_TRUE(all_zero(ring.cursors().subspan(sizeof(SegmentPreamble))));
}

TEST(InitialiseRing, MemoryOfAnotherSizeIsRefused) {
    const RingParameters p = small_ring();
    const RingBytes ring(p);
    const auto initialise = [&](std::span<std::byte> slots, std::span<std::byte> cursors) {
        return test::message_of(Error::invalid, [&] { initialise_ring(p, 1, 1, slots, cursors); });
    };
    EXPECT_THAT(initialise(ring.slots().first(ring.slots().size() - 1), ring.cursors()), testing::HasSubstr("small"));
    EXPECT_THAT(initialise(ring.slots(), ring.cursors().first(4096)), testing::HasSubstr("small"));
}

}  // namespace
}  // namespace ringview::layout
