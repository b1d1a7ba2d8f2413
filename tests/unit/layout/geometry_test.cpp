#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ringview/layout/cursors_segment.hpp>
#include <ringview/layout/geometry.hpp>
#include <ringview/layout/limits.hpp>
#include <ringview/layout/segment_header.hpp>

#include "ring_bytes.hpp"
#include "thrown_error.hpp"

namespace ringview::layout {
namespace {

using test::small_ring;
using testing::HasSubstr;

RingParameters with(const std::function<void(RingParameters&)>& change) {
    RingParameters parameters = small_ring();
    change(parameters);
    return parameters;
}

std::uint64_t stride(std::uint64_t slot_bytes, std::uint32_t producers = 1, std::uint64_t alignment = 0,
                     bool timestamps = false) {
    return plan_geometry(with([&](RingParameters& p) {
               p.slot_bytes = slot_bytes;
               p.producers = producers;
               p.alignment = alignment;
               p.timestamps = timestamps;
           }))
        .slot_stride;
}

TEST(Geometry, SmallSlotsOfOneProducerArePackedAt16) {
    EXPECT_EQ(stride(1), 32U);
    EXPECT_EQ(stride(16), 32U);
    EXPECT_EQ(stride(17), 48U);
    EXPECT_EQ(stride(64), 80U);
    EXPECT_EQ(stride(240), 256U) << "header and payload are just 256 bytes";
}

TEST(Geometry, LargerSlotsTakeWholeLines) {
    EXPECT_EQ(stride(241), 320U);
    EXPECT_EQ(stride(304), 320U);
    EXPECT_EQ(stride(305), 384U);
}

TEST(Geometry, SlotsOfSeveralProducersTakeWholeLines) {
    EXPECT_EQ(stride(1, 2), 64U);
    EXPECT_EQ(stride(48, 2), 64U);
    EXPECT_EQ(stride(49, 2), 128U);
    EXPECT_EQ(stride(1, 64), 64U);
}

TEST(Geometry, ATimestampMakesTheSlotHeader16BytesLarger) {
    EXPECT_EQ(stride(16, 1, 0, true), 48U);
    const Geometry g = plan_geometry(with([](RingParameters& p) { p.timestamps = true; }));
    EXPECT_TRUE(g.timestamps);
    EXPECT_EQ(g.slot_header_bytes, 32U);
}

TEST(Geometry, EveryPayloadLiesAtTheAskedAlignment) {
    for (std::uint64_t alignment = 1; alignment <= max_payload_alignment; alignment *= 2) {
        for (const bool timestamps : {false, true}) {
            for (const std::uint64_t slot_bytes : {1U, 100U, 4096U}) {
                const Geometry g = plan_geometry(with([&](RingParameters& p) {
                    p.alignment = alignment;
                    p.timestamps = timestamps;
                    p.slot_bytes = slot_bytes;
                }));
                for (Position position = 0; position < g.slot_count; ++position)
                    EXPECT_EQ((g.slot_offset(position) + g.slot_header_bytes) % std::max<std::uint64_t>(alignment, 16),
                              0U)
                        << alignment;
                EXPECT_GE(g.slot_header_bytes, timestamps ? 32U : 16U);
            }
        }
    }
}

TEST(Geometry, SlotsLieBehindTheTablesOneAfterTheOtherUpToTheSegmentsEnd) {
    const Geometry g = plan_geometry(small_ring());
    EXPECT_EQ(g.slot_offset(0), 45056U);
    for (Position position = 1; position < g.slot_count; ++position)
        EXPECT_EQ(g.slot_offset(position), g.slot_offset(position - 1) + g.slot_stride);
    EXPECT_EQ(g.slot_offset(g.slot_count - 1) + g.slot_stride, g.segment_bytes);
    EXPECT_GE(g.slot_stride, g.slot_header_bytes + g.slot_capacity);
}

TEST(Geometry, APositionsSlotIsItsRemainder) {
    const Geometry g = plan_geometry(small_ring());
    for (const Position lap : {Position{0}, Position{1} << 32, Position{1} << 63, ~Position{0} - 7}) {
        for (Position i = 0; i < g.slot_count; ++i) {
            EXPECT_EQ(g.index_of(lap + i), i);
            EXPECT_EQ(g.slot_offset(lap + i), g.slot_offset(i));
        }
    }
}

TEST(Geometry, WhatWasAskedForIsKept) {
    const Geometry g = plan_geometry(with([](RingParameters& p) {
        p.history = 7;
        p.first_position = 1234;
        p.producers = 3;
        p.asymmetric_barrier = false;
    }));
    EXPECT_EQ(g.slot_count, 8U);
    EXPECT_EQ(g.slot_capacity, 24U);
    EXPECT_EQ(g.history, 7U);
    EXPECT_EQ(g.first_position, 1234U);
    EXPECT_EQ(g.producer_limit, 3U);
    EXPECT_FALSE(g.asymmetric_barrier);
}

struct Limit {
    const char* name;
    std::function<void(RingParameters&)> largest;
    std::function<void(RingParameters&)> too_much;
    std::vector<std::string> reason;  ///< what the refusal must say: the value and its bound
};

// NOLINTNEXTLINE(readability-identifier-naming): GoogleTest's name
void PrintTo(const Limit& limit, std::ostream* out) {
    *out << limit.name;
}

class GeometryLimit : public testing::TestWithParam<Limit> {};

TEST_P(GeometryLimit, IsAllowedAndOneMoreIsRefusedWithTheValueAndTheBound) {
    EXPECT_NO_THROW(plan_geometry(with(GetParam().largest)));
    const std::string message = test::message_of(Error::invalid, [] { plan_geometry(with(GetParam().too_much)); });
    for (const std::string& part : GetParam().reason) EXPECT_THAT(message, HasSubstr(part));
}

using P = RingParameters;
INSTANTIATE_TEST_SUITE_P(
    All, GeometryLimit,
    testing::Values(
        Limit{"NameLowest", [](P& p) { p.name = "x"; }, [](P& p) { p.name.clear(); }, {"name", "1 to 128", "0"}},
        Limit{"NameLongest",
              [](P& p) { p.name.assign(128, 'x'); },
              [](P& p) { p.name.assign(129, 'x'); },
              {"name", "1 to 128", "129"}},
        Limit{
            "FormatLowest", [](P& p) { p.format = "B"; }, [](P& p) { p.format.clear(); }, {"format", "1 to 7680", "0"}},
        Limit{"FormatLongest",
              [](P& p) { p.format.assign(7680, 'B'); },
              [](P& p) { p.format.assign(7681, 'B'); },
              {"format", "1 to 7680", "7681"}},
        Limit{"Dimensions",
              [](P& p) { p.shape.assign(8, 1); },
              [](P& p) { p.shape.assign(9, 1); },
              {"at most 8 dimensions", "9"}},
        Limit{
            "SlotsLowest", [](P& p) { p.slots = 1; }, [](P& p) { p.slots = 0; }, {"slots", "power of two from 1", "0"}},
        Limit{"SlotsHighest",
              [](P& p) { p.slots = std::uint64_t{1} << 30; },
              [](P& p) { p.slots = std::uint64_t{1} << 31; },
              {"slots", "to 1073741824", "2147483648"}},
        Limit{"SlotsPowerOfTwo", [](P& p) { p.slots = 16; }, [](P& p) { p.slots = 12; }, {"power of two", "12"}},
        Limit{"SlotBytesLowest",
              [](P& p) { p.slot_bytes = 1; },
              [](P& p) { p.slot_bytes = 0; },
              {"slot holds", "1 to 4294967232", "0"}},
        Limit{"SlotBytesHighest",
              [](P& p) { p.slot_bytes = 4294967232; },
              [](P& p) { p.slot_bytes = 4294967233; },
              {"slot holds", "1 to 4294967232", "4294967233"}},
        Limit{"History",
              [](P& p) { p.history = 7; },
              [](P& p) { p.history = 8; },
              {"history", "less than slots", "8 of 8"}},
        Limit{"ProducersLowest",
              [](P& p) { p.producers = 1; },
              [](P& p) { p.producers = 0; },
              {"1 to 64 producers", "0"}},
        Limit{"ProducersHighest",
              [](P& p) { p.producers = 64; },
              [](P& p) { p.producers = 65; },
              {"1 to 64 producers", "65"}},
        Limit{"AlignmentHighest",
              [](P& p) { p.alignment = 4096; },
              [](P& p) { p.alignment = 8192; },
              {"alignment", "4096", "8192"}},
        Limit{"AlignmentPowerOfTwo",
              [](P& p) { p.alignment = 64; },
              [](P& p) { p.alignment = 48; },
              {"alignment", "power of two", "48"}},
        // 2^30 slots of 32 KiB would be just 2^45 bytes, and the tables come on top.
        Limit{"SegmentBytes",
              [](P& p) { p.slots = std::uint64_t{1} << 30, p.slot_bytes = 32 * 1024 - 16 - 64; },
              [](P& p) { p.slots = std::uint64_t{1} << 30, p.slot_bytes = 32 * 1024 - 16; },
              {"1073741824 slots of 32768 bytes", "35184372088832"}}),
    [](const auto& limit) { return std::string(limit.param.name); });

TEST(Geometry, ASlotCountThatIsNoPowerOfTwoIsAnsweredWithTheNextOne) {
    const auto error = test::error_of([] { plan_geometry(with([](RingParameters& p) { p.slots = 1000; })); });
    ASSERT_TRUE(error);
    EXPECT_THAT(error->hint(), HasSubstr("1024"));
}

TEST(Geometry, NoLimitLetsTheSegmentSizeOverflow) {
    EXPECT_NO_THROW(plan_geometry(with([](RingParameters& p) { p.slots = 4096, p.slot_bytes = max_slot_bytes; })));
    EXPECT_THROW(plan_geometry(with([](RingParameters& p) { p.slots = max_slots, p.slot_bytes = max_slot_bytes; })),
                 Error);
}

/// Of a segment that ends 64 bytes before a multiple of 128.
Geometry geometry_of_an_odd_size() {
    return plan_geometry(with([](RingParameters& p) { p.slots = 1, p.slot_bytes = 1024, p.history = 0; }));
}

TEST(SegmentSize, IsThatOfTheGeometryOrThatRoundedUpToWholeHugePages) {
    const Geometry g = geometry_of_an_odd_size();
    EXPECT_TRUE(is_segment_size(g, g.segment_bytes));
    for (const std::uint64_t page : {std::uint64_t{1} << 16, std::uint64_t{1} << 21, std::uint64_t{1} << 30})
        EXPECT_TRUE(is_segment_size(g, page)) << page;
}

TEST(SegmentSize, IsNeverLessNorAWholePageMore) {
    const Geometry g = geometry_of_an_odd_size();
    ASSERT_EQ(g.segment_bytes % 128, 64U) << "the next multiple is a power of two's, but no page's";
    for (const std::uint64_t bytes : {std::uint64_t{0}, g.segment_bytes - 1, g.segment_bytes + 1, g.segment_bytes + 64,
                                      std::uint64_t{3} << 21, std::uint64_t{1} << 31, std::uint64_t{UINT64_MAX}})
        EXPECT_FALSE(is_segment_size(g, bytes)) << bytes;
}

}  // namespace
}  // namespace ringview::layout
