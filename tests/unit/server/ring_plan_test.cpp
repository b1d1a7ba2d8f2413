#include "ring_plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/error_matcher.hpp"

namespace ringview::server {
namespace {

using testing::HasSubstr;
using testing_support::throws_error;

RingSpec spec_with(const std::string& format, const std::vector<std::int64_t>& shape) {
    RingSpec spec;
    spec.name = "quotes";
    spec.format = format;
    spec.shape = shape;
    return spec;
}

/// As the daemon plans a ring.
layout::Geometry planned(const RingSpec& spec) {
    return layout::plan_geometry(plan_ring(complete_spec(spec), true));
}

void expect_refused(const RingSpec& spec, const std::string& message, Error::Code code = Error::invalid) {
    EXPECT_THAT([&] { planned(spec); }, throws_error(code, HasSubstr(message)));
}

template <class Change>
RingSpec changed(Change change) {
    RingSpec spec = spec_with("B", {16});
    change(spec);
    return spec;
}

TEST(RingPlan, CompletesSlotBytesFromFormatAndShape) {
    EXPECT_EQ(complete_spec(spec_with("B", {})).slot_bytes, 1U);
    EXPECT_EQ(complete_spec(spec_with("d", {})).slot_bytes, 8U);
    EXPECT_EQ(complete_spec(spec_with("B", {480, 640, 3})).slot_bytes, 921600U);
    EXPECT_EQ(complete_spec(spec_with("T{d:bid:d:ask:I:size:4x}", {2})).slot_bytes, 48U);
}

TEST(RingPlan, CompletesHistoryToHalfTheSlots) {
    RingSpec spec = spec_with("B", {});
    EXPECT_EQ(complete_spec(spec).history, 32U);
    spec.slots = 1;
    EXPECT_EQ(complete_spec(spec).history, 0U);
    spec.slots = 64;
    spec.history = 63;
    EXPECT_EQ(complete_spec(spec).history, 63U);
}

TEST(RingPlan, KeepsWhatIsComplete) {
    RingSpec spec = spec_with("B", {100});
    spec.slot_bytes = 200;
    spec.history = 0;
    spec.access.consume = {"any"};
    EXPECT_EQ(complete_spec(spec), spec);
    EXPECT_EQ(complete_spec(complete_spec(spec_with("d", {3}))), complete_spec(spec_with("d", {3})));
}

TEST(RingPlan, AVaryingFirstDimensionNeedsSlotBytesForARowAtLeast) {
    expect_refused(spec_with("f", {-1, 3}), "slot_bytes must say how large");
    RingSpec spec = spec_with("f", {-1, 3});
    spec.slot_bytes = 11;
    expect_refused(spec, "slot_bytes is 11, but one row of format f and shape (-1,3) has 12 bytes");
    spec.slot_bytes = 12;
    EXPECT_EQ(planned(spec).slot_capacity, 12U);
    spec.slot_bytes = 100;
    EXPECT_EQ(planned(spec).slot_capacity, 100U);
    spec = spec_with("d", {-1});
    spec.slot_bytes = 7;
    expect_refused(spec, "one row of format d and shape (-1) has 8 bytes");
}

TEST(RingPlan, OnlyTheFirstDimensionMayVary) {
    for (const std::vector<std::int64_t>& shape :
         {std::vector<std::int64_t>{3, -1}, {-1, -1}, {0}, {4, 0}, {-2}, {INT64_MIN}}) {
        RingSpec spec = spec_with("B", shape);
        spec.slot_bytes = 1024;
        expect_refused(spec, "has a dimension that is not positive");
    }
}

TEST(RingPlan, RefusesASlotSmallerThanAMessage) {
    RingSpec spec = spec_with("B", {480, 640, 3});
    spec.slot_bytes = 921599;
    expect_refused(spec, "slot_bytes is 921599, but a message of format B and shape (480,640,3) has 921600 bytes");
}

TEST(RingPlan, RefusesAShapeWhoseBytesAreTooMany) {
    expect_refused(spec_with("d", {INT64_MAX, INT64_MAX}), "has too many elements");
    expect_refused(spec_with("d", {INT64_MAX}), "has too many elements");
    expect_refused(spec_with("B", {std::int64_t{1} << 33}), "a slot holds 1 to");
}

TEST(RingPlan, RefusesAShapeOfTooManyDimensions) {
    EXPECT_NO_THROW(planned(spec_with("B", std::vector<std::int64_t>(8, 1))));
    expect_refused(spec_with("B", std::vector<std::int64_t>(9, 1)), "more than 8 dimensions");
}

TEST(RingPlan, RefusesWhatIsNoFormat) {
    expect_refused(spec_with("T{d:bid:", {}), "its format is malformed");
    expect_refused(spec_with("", {}), "format");
    expect_refused(spec_with("T{}", {}), "format");
    expect_refused(spec_with("0d", {}), "format");
    std::string longest = "T{";
    while (longest.size() < 8000) longest += "B:a" + std::to_string(longest.size()) + ":";
    expect_refused(spec_with(longest + "}", {}), "format");
}

TEST(RingPlan, RefusesANameThatIsNoRingName) {
    expect_refused(changed([](RingSpec& spec) { spec.name = "Quotes"; }), "the ring name \"Quotes\" is not allowed");
}

TEST(RingPlan, RefusesNumbersThatNoRingCanHave) {
    for (const std::uint64_t slots : {std::uint64_t{0}, std::uint64_t{3}, (std::uint64_t{1} << 30) + 1,
                                      std::uint64_t{1} << 31, std::uint64_t{UINT64_MAX}}) {
        expect_refused(changed([&](RingSpec& spec) { spec.slots = slots; }), "slots must be a power of two");
    }
    for (const std::uint64_t history : {std::uint64_t{64}, std::uint64_t{UINT64_MAX}})
        expect_refused(changed([&](RingSpec& spec) { spec.history = history; }), "history must be less than slots");
    expect_refused(changed([](RingSpec& spec) { spec.slot_bytes = UINT64_MAX; }), "a slot holds 1 to");
    for (const std::uint32_t producers : {0U, 65U, UINT32_MAX})
        expect_refused(changed([&](RingSpec& spec) { spec.producers = producers; }), "1 to 64 producers, not");
    for (const std::uint64_t alignment : {std::uint64_t{3}, std::uint64_t{8192}, std::uint64_t{UINT64_MAX}})
        expect_refused(changed([&](RingSpec& spec) { spec.alignment = alignment; }),
                       "alignment must be a power of two");
    expect_refused(changed([](RingSpec& spec) {
                       spec.slots = std::uint64_t{1} << 30;
                       spec.slot_bytes = std::uint64_t{1} << 31;
                   }),
                   "pass the largest segment");
}

TEST(RingPlan, RefusesReservedHugePagesWhereThereCanBeNone) {
    RingSpec spec = spec_with("B", {});
    spec.huge_pages = HugePages::require;
    expect_refused(spec, "huge_pages is require, but segments of the backend posix");
    spec.backend = Backend::memfd;
    EXPECT_NO_THROW(planned(spec));
    spec.backend = Backend::posix;
    spec.huge_pages = HugePages::attempt;
    EXPECT_NO_THROW(planned(spec));
}

TEST(RingPlan, UsesMembarrierWhereTheKernelHasItAndTheSpecAllows) {
    RingSpec spec = complete_spec(spec_with("B", {}));
    EXPECT_TRUE(plan_ring(spec, true).asymmetric_barrier);
    EXPECT_FALSE(plan_ring(spec, false).asymmetric_barrier);
    spec.fences = Fences::always;
    EXPECT_FALSE(plan_ring(spec, true).asymmetric_barrier);
}

TEST(RingPlan, TellsNoDifferenceBetweenEqualRings) {
    const RingSpec spec = complete_spec(spec_with("d", {4}));
    EXPECT_EQ(describe_difference(spec, spec), "");
    // Another text of the same layout.
    EXPECT_EQ(describe_difference(spec, complete_spec(spec_with("@d", {4}))), "");
}

TEST(RingPlan, NamesEachFieldThatDiffersWithBothValues) {
    const RingSpec existing = complete_spec(spec_with("B", {16}));
    const auto difference = [&](auto change) {
        RingSpec wanted = existing;
        change(wanted);
        return describe_difference(existing, wanted);
    };
    using S = RingSpec;
    EXPECT_EQ(difference([](S& s) { s.format = "b"; }), "format is B, b was asked for");
    EXPECT_EQ(difference([](S& s) { s.shape = {4, 4}; }), "shape is (16), (4,4) was asked for");
    EXPECT_EQ(difference([](S& s) { s.slots = 128; }), "slots is 64, 128 was asked for");
    EXPECT_EQ(difference([](S& s) { s.slot_bytes = 17; }), "slot_bytes is 16, 17 was asked for");
    EXPECT_EQ(difference([](S& s) { s.history = 0; }), "history is 32, 0 was asked for");
    EXPECT_EQ(difference([](S& s) { s.producers = 2; }), "producers is 1, 2 was asked for");
    EXPECT_EQ(difference([](S& s) { s.alignment = 64; }), "alignment is 0, 64 was asked for");
    EXPECT_EQ(difference([](S& s) { s.timestamps = true; }), "timestamps is false, true was asked for");
    EXPECT_EQ(difference([](S& s) { s.stall_timeout = std::chrono::milliseconds(5); }),
              "stall_timeout_ms is 0, 5 was asked for");
    EXPECT_EQ(difference([](S& s) { s.backend = Backend::memfd; }), "backend is posix, memfd was asked for");
    EXPECT_EQ(difference([](S& s) { s.huge_pages = HugePages::attempt; }), "huge_pages is off, try was asked for");
    EXPECT_EQ(difference([](S& s) { s.huge_pages = HugePages::require; }), "huge_pages is off, require was asked for");
    EXPECT_EQ(difference([](S& s) { s.prefault = true; }), "prefault is false, true was asked for");
    EXPECT_EQ(difference([](S& s) { s.lock = true; }), "lock is false, true was asked for");
    EXPECT_EQ(difference([](S& s) { s.numa_node = 0; }), "numa_node is any, 0 was asked for");
    EXPECT_EQ(difference([](S& s) { s.fences = Fences::always; }), "fences is automatic, always was asked for");
    EXPECT_EQ(difference([](S& s) { s.access.produce = {"any"}; }), "access.produce is the creator, any was asked for");
    EXPECT_EQ(difference([](S& s) {
                  s.access.consume = {"uid:1", "gid:2"};
              }),
              "access.consume is the creator, uid:1 gid:2 was asked for");
    EXPECT_EQ(difference([](S& s) { s.access.manage = {"uid:1"}; }),
              "access.manage is the creator, uid:1 was asked for");
    EXPECT_EQ(difference([](S& s) {
                  s.slots = 128;
                  s.history = 64;
              }),
              "slots is 64, 128 was asked for; history is 32, 64 was asked for");
}

}  // namespace
}  // namespace ringview::server
