#include <sys/mman.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ringview/platform/anonymous_segment.hpp>
#include <ringview/platform/mapped_pages.hpp>
#include <ringview/platform/page_facts.hpp>

#include "support/huge_page_pool.hpp"

namespace ringview::platform::page_facts_test {
namespace {

using testing::ElementsAre;
using testing::Pair;
using testing::SizeIs;

constexpr std::size_t page = 4096;
constexpr std::size_t bytes = 300 * page;

std::uint64_t node_sum(const PageFacts& facts) {
    std::uint64_t sum = 0;
    for (const auto& [node, node_bytes] : facts.node_bytes) sum += node_bytes;
    return sum;
}

TEST(PageFacts, TellWhatOfAMappingIsThere) {
    const UniqueFd fd = create_anonymous_segment("ringview.test", bytes);
    const Mapping mapping(fd.get(), bytes, Access::read_write);
    const PageFacts none = ProcessPages::read().of(mapping.bytes());
    EXPECT_EQ(none.page_bytes, page);
    EXPECT_EQ(none.mapped_bytes, 0U);
    EXPECT_EQ(none.huge_bytes, 0U);
    mapping.data()[0] = mapping.data()[200 * page] = std::byte{1};
    const PageFacts two = ProcessPages::read().of(mapping.bytes());
    EXPECT_EQ(two.mapped_bytes, 2 * page);
    prefault(mapping, Access::read_write);
    const PageFacts all = ProcessPages::read().of(mapping.bytes());
    EXPECT_EQ(all.mapped_bytes, bytes);
    EXPECT_EQ(all.swapped_bytes + all.locked_bytes, 0U);
    if (!all.node_bytes.empty()) {
        EXPECT_EQ(node_sum(all), bytes);
    }
}

TEST(PageFacts, AreOfTheMappingAloneNotOfItsNeighbours) {
    const UniqueFd fd = create_anonymous_segment("ringview.test", bytes);
    const Mapping one(fd.get(), bytes, Access::read_write);
    const Mapping other(fd.get(), bytes, Access::read_write);
    prefault(one, Access::read_write);
    const ProcessPages pages = ProcessPages::read();
    EXPECT_EQ(pages.of(one.bytes()).mapped_bytes, bytes);
    EXPECT_EQ(pages.of(other.bytes()).mapped_bytes, 0U);
    EXPECT_EQ(pages.of({}).page_bytes, 0U);
}

TEST(PageFacts, AreAddedUpMemberByMember) {
    const PageFacts a{4096, 1, 20, 300, 4000, {{0, 5}, {1, 6}}};
    const PageFacts b{8192, 2, 30, 400, 5000, {{1, 7}}};
    const PageFacts sum = a + b;
    EXPECT_EQ(sum.page_bytes, 8192U);
    EXPECT_EQ(sum.huge_bytes, 3U);
    EXPECT_EQ(sum.mapped_bytes, 50U);
    EXPECT_EQ(sum.locked_bytes, 700U);
    EXPECT_EQ(sum.swapped_bytes, 9000U);
    EXPECT_THAT(sum.node_bytes, ElementsAre(Pair(0, 5), Pair(1, 13)));
}

TEST(PageFacts, OfReservedHugePagesCountThemAllAsHugeAndLocked) {
    test::PoolOfHugePages pool;
    if (const auto why_not = pool.add(2)) GTEST_SKIP() << *why_not;
    const std::size_t huge_page = huge_page_pool().page_bytes;
    const UniqueFd fd = create_huge_segment("ringview.test", 2 * huge_page, std::nullopt);
    const Mapping mapping(fd.get(), 2 * huge_page, Access::read_write);
    mapping.data()[0] = std::byte{1};
    const PageFacts facts = ProcessPages::read().of(mapping.bytes());
    EXPECT_EQ(facts.page_bytes, huge_page);
    EXPECT_EQ(facts.huge_bytes, 2 * huge_page);
    EXPECT_EQ(facts.locked_bytes, 2 * huge_page);
    EXPECT_EQ(facts.mapped_bytes, huge_page);
    if (!facts.node_bytes.empty()) {
        EXPECT_THAT(facts.node_bytes, SizeIs(1));
        EXPECT_EQ(node_sum(facts), huge_page);
    }
}

}  // namespace
}  // namespace ringview::platform::page_facts_test
