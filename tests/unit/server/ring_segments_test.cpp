#include "ring_segments.hpp"

#include <fcntl.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ringview/layout/cursors_segment.hpp>
#include <ringview/platform/huge_pages.hpp>
#include <ringview/platform/numa.hpp>
#include <ringview/platform/shared_memory.hpp>

#include "ring_plan.hpp"
#include "support/error_matcher.hpp"
#include "support/huge_page_pool.hpp"
#include "support/test_instance.hpp"

namespace ringview::server {
namespace {

using platform::Access;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing_support::throws_error;

std::uint64_t transparent_page() {
    return platform::transparent_huge_page_bytes();
}

class RingSegmentsTest : public testing::Test {
 protected:
    static RingSpec spec_of(Backend backend, HugePages huge_pages = HugePages::off) {
        RingSpec spec;
        spec.name = "ring";
        spec.slots = 8;
        spec.slot_bytes = 10000;
        spec.backend = backend;
        spec.huge_pages = huge_pages;
        return complete_spec(spec);
    }
    static layout::Geometry geometry_of(const RingSpec& spec) { return layout::plan_geometry(plan_ring(spec, true)); }
    std::unique_ptr<RingSegments> make(const RingSpec& spec) const {
        return std::make_unique<RingSegments>(instance_.name(), spec, geometry_of(spec));
    }
    static MemoryInfo info_of(const RingSegments& segments) { return segments.info(platform::ProcessPages::read()); }
    std::vector<std::string> names() const { return instance_.segments(); }
    const std::string& instance() const { return instance_.name(); }

 private:
    testing_support::TestInstance instance_;
};

class OfEachBackend : public RingSegmentsTest, public testing::WithParamInterface<Backend> {};

INSTANTIATE_TEST_SUITE_P(RingSegments, OfEachBackend, testing::Values(Backend::posix, Backend::memfd),
                         [](const auto& backend) { return backend.param == Backend::posix ? "Posix" : "Memfd"; });

TEST_P(OfEachBackend, AreOpenedForWhatAClientMayDoAndShareTheirMemory) {
    const auto segments = make(spec_of(GetParam()));
    const auto fds = segments->open(Access::read_only);
    EXPECT_EQ(fcntl(fds[0].get(), F_GETFL) & O_ACCMODE, O_RDONLY);
    EXPECT_EQ(fcntl(fds[1].get(), F_GETFL) & O_ACCMODE, O_RDWR);
    EXPECT_EQ(fcntl(segments->open(Access::read_write)[0].get(), F_GETFL) & O_ACCMODE, O_RDWR);
    const platform::Mapping slots(fds[0].get(), platform::file_bytes(fds[0].get()), Access::read_only);
    segments->slots().data()[777] = std::byte{7};
    EXPECT_EQ(slots.data()[777], std::byte{7});
}

TEST_P(OfEachBackend, AreAsLongAsTheirGeometryAndAsTheQuotaIsTold) {
    const RingSpec spec = spec_of(GetParam());
    const auto segments = make(spec);
    EXPECT_EQ(segments->slots().size(), geometry_of(spec).segment_bytes);
    EXPECT_EQ(segments->bytes(), geometry_of(spec).segment_bytes + layout::cursors_segment_bytes);
    EXPECT_EQ(RingSegments::planned_bytes(spec, geometry_of(spec)), segments->bytes());
}

TEST_P(OfEachBackend, InTransparentHugePagesAreRoundedUpAndMeasuredOrSayWhyNot) {
    const RingSpec spec = spec_of(GetParam(), HugePages::attempt);
    const auto segments = make(spec);
    const MemoryInfo info = info_of(*segments);
    if (info.page_bytes > 4096) GTEST_SKIP() << "there were reserved ones";
    EXPECT_GE(RingSegments::planned_bytes(spec, geometry_of(spec)), segments->bytes());
    if (info.huge_bytes == 0) {
        EXPECT_EQ(segments->slots().size(), geometry_of(spec).segment_bytes) << "nothing is rounded up for nothing";
        EXPECT_THAT(info.note, HasSubstr("no transparent huge pages: "));
        GTEST_SKIP() << info.note;
    }
    EXPECT_EQ(segments->slots().size() % transparent_page(), 0U);
    EXPECT_EQ(info.huge_bytes, segments->slots().size());
    EXPECT_THAT(info.note, testing::Not(HasSubstr("transparent")));
}

TEST_P(OfEachBackend, ArePrefaultedAndLockedAndOnTheirNodeWhereTheSpecWishes) {
    RingSpec spec = spec_of(GetParam());
    EXPECT_LT(info_of(*make(spec)).prefaulted_bytes, geometry_of(spec).segment_bytes);
    spec.prefault = true;
    spec.lock = true;
    spec.numa_node = platform::memory_nodes().front();
    const auto segments = make(spec);
    const MemoryInfo info = info_of(*segments);
    EXPECT_GE(info.prefaulted_bytes, segments->bytes());
    EXPECT_EQ(info.locked_bytes, info.prefaulted_bytes);
    EXPECT_EQ(info.backend, GetParam());
    EXPECT_EQ(info.note, "");
    if (!info.nodes.empty()) {
        EXPECT_THAT(info.nodes, ElementsAre(NodeBytes{*spec.numa_node, info.prefaulted_bytes}));
    }
}

TEST_P(OfEachBackend, OnANodeThatIsNotThereAreNotMade) {
    RingSpec spec = spec_of(GetParam());
    spec.numa_node = 4000;
    EXPECT_THAT([&] { make(spec); }, throws_error(Error::invalid, HasSubstr("ring ring: there is no NUMA node 4000")));
    EXPECT_THAT(names(), IsEmpty());
}

TEST_F(RingSegmentsTest, OfTheBackendMemfdHaveNoNames) {
    const auto segments = make(spec_of(Backend::memfd));
    EXPECT_THAT(names(), IsEmpty());
    EXPECT_EQ(
        fcntl(segments->open(Access::read_only)[0].get(), F_GET_SEALS) & (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL),
        F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
    EXPECT_EQ(
        fcntl(segments->open(Access::read_only)[1].get(), F_GET_SEALS) & (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL),
        F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
}

TEST_F(RingSegmentsTest, TakeTheirNamesAlongUnlessTheyAreToStay) {
    auto segments = make(spec_of(Backend::posix));
    EXPECT_THAT(names(), SizeIs(2));
    segments.reset();
    EXPECT_THAT(names(), IsEmpty());
    segments = make(spec_of(Backend::posix));
    segments->keep_names();
    segments.reset();
    EXPECT_THAT(names(), SizeIs(2));
}

TEST_F(RingSegmentsTest, ThatCannotBeMadeLeaveNothingAndTouchNoOthers) {
    const std::string taken = "ringview." + instance() + ".ring.cursors";
    platform::create_segment(taken, 100);
    EXPECT_THAT([&] { make(spec_of(Backend::posix)); }, throws_error(Error::exists, HasSubstr(taken)));
    EXPECT_THAT(names(), ElementsAre(taken));
}

TEST_F(RingSegmentsTest, InReservedHugePagesAreAllOfThem) {
    test::PoolOfHugePages pool;
    if (const auto why_not = pool.add(1)) GTEST_SKIP() << *why_not;
    const std::uint64_t page = platform::huge_page_pool().page_bytes;
    for (const HugePages wish : {HugePages::attempt, HugePages::require}) {
        RingSpec spec = spec_of(Backend::memfd, wish);
        spec.lock = true;
        const auto segments = make(spec);
        const MemoryInfo info = info_of(*segments);
        EXPECT_EQ(segments->slots().size(), page);
        EXPECT_GE(RingSegments::planned_bytes(spec, geometry_of(spec)), segments->bytes());
        EXPECT_EQ(info.page_bytes, page);
        EXPECT_EQ(info.huge_bytes, page);
        EXPECT_GT(info.locked_bytes, page) << "the cursors are locked, too";
        EXPECT_EQ(info.note, "");
    }
}

TEST_F(RingSegmentsTest, ThatNeedMoreHugePagesThanThereAreSayHowManyOrDoWithout) {
    const test::PoolOfHugePages alone;
    const platform::HugePagePool pool = platform::huge_page_pool();
    if (pool.page_bytes == 0) GTEST_SKIP() << "this kernel has no reserved huge pages";
    if (pool.free > test::largest_pool_to_exceed) GTEST_SKIP() << "the pool has " << pool.free << " free pages";
    RingSpec spec = spec_of(Backend::memfd, HugePages::require);
    spec.slots = 1;
    spec.history = 0;
    spec.slot_bytes = pool.free * pool.page_bytes + 1;
    const std::string needed = std::to_string(pool.free + 1) + " reserved huge pages";
    EXPECT_THAT([&] { make(spec); }, throws_error(Error::no_memory, HasSubstr("ring ring: " + needed)));
    spec.huge_pages = HugePages::attempt;
    const auto segments = make(spec);
    EXPECT_EQ(info_of(*segments).page_bytes, 4096U);
    EXPECT_THAT(segments->note(), AllOf(HasSubstr(needed), HasSubstr("sysctl vm.nr_hugepages=")));
}

}  // namespace
}  // namespace ringview::server
