#include <csignal>
#include <fstream>
#include <numeric>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ringview/platform/anonymous_segment.hpp>
#include <ringview/platform/child_process.hpp>
#include <ringview/platform/huge_pages.hpp>
#include <ringview/platform/mapping.hpp>
#include <ringview/platform/process.hpp>
#include <ringview/platform/shared_memory.hpp>

#include "support/error_matcher.hpp"
#include "support/huge_page_pool.hpp"

namespace ringview::platform::mapping_test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing_support::throws_error;

constexpr std::size_t page = 4096;

/// A segment without a name: it is gone when its descriptor is.
UniqueFd memory(std::size_t bytes) {
    const std::string name = "ringview.test-" + std::to_string(random_u64());
    UniqueFd fd = create_segment(name, bytes);
    remove_segment(name);
    return fd;
}

/// Sanitizers handle the signal for a report of their own; without that a fault looks the same in every build.
void let_faults_kill() {
    std::signal(SIGSEGV, SIG_DFL);
}
void write_at(std::byte* address) {
    let_faults_kill();
    *const_cast<volatile std::byte*>(address) = std::byte{1};
}
std::byte read_at(const std::byte* address) {
    let_faults_kill();
    return *const_cast<const volatile std::byte*>(address);
}

const auto killed_by_fault = testing::KilledBySignal(SIGSEGV);

class MappingDeathTest : public testing::Test {
 protected:
    MappingDeathTest() { testing::FLAGS_gtest_death_test_style = "threadsafe"; }
};

TEST(Mapping, SharesTheMemoryWithEveryOtherMappingOfIt) {
    const UniqueFd fd = memory(2 * page);
    const Mapping one(fd.get(), 2 * page, Access::read_write);
    const Mapping other(fd.get(), 2 * page, Access::read_only);
    one.bytes().back() = std::byte{42};
    EXPECT_EQ(other.bytes().back(), std::byte{42});
    EXPECT_EQ(one.size(), 2 * page);
}

TEST(Mapping, OutlivesItsDescriptor) {
    UniqueFd fd = memory(page);
    const Mapping mapping(fd.get(), page, Access::read_write);
    fd.reset();
    mapping.data()[page - 1] = std::byte{7};
    EXPECT_EQ(mapping.data()[page - 1], std::byte{7});
}

TEST_F(MappingDeathTest, FaultsOneByteBeforeItsBeginning) {
    const UniqueFd fd = memory(page);
    const Mapping mapping(fd.get(), page, Access::read_write);
    write_at(mapping.data());
    EXPECT_EXIT(write_at(mapping.data() - 1), killed_by_fault, "");
    EXPECT_EXIT(read_at(mapping.data() - 1), killed_by_fault, "");
}

TEST_F(MappingDeathTest, FaultsOneByteBehindItsLastPage) {
    const UniqueFd fd = memory(3 * page);
    const Mapping mapping(fd.get(), 2 * page + 1, Access::read_write);
    write_at(mapping.data() + 3 * page - 1);
    EXPECT_EXIT(write_at(mapping.data() + 3 * page), killed_by_fault, "");
    EXPECT_EXIT(read_at(mapping.data() + 3 * page), killed_by_fault, "");
}

TEST_F(MappingDeathTest, FaultsOnAWriteWhereItIsReadOnly) {
    const UniqueFd fd = memory(page);
    const Mapping mapping(fd.get(), page, Access::read_only);
    EXPECT_EQ(read_at(mapping.data()), std::byte{0});
    EXPECT_EXIT(write_at(mapping.data()), killed_by_fault, "");
}

TEST_F(MappingDeathTest, GuardsBelongToTheMappingAloneAndGoWithIt) {
    // As many as would run out of address space, or of mappings, if something of each stayed.
    const UniqueFd fd = memory(page);
    for (int i = 0; i < 100'000; ++i) {
        Mapping mapping(fd.get(), page, Access::read_only);
        Mapping moved = std::move(mapping);
        ASSERT_EQ(read_at(moved.data()), std::byte{0});
    }
}

TEST(Mapping, OfWholeHugePagesBeginsAtAMultipleOfOne) {
    const std::size_t huge_page = transparent_huge_page_bytes();
    const UniqueFd fd = memory(2 * huge_page);
    for (int i = 0; i < 10; ++i) {
        const Mapping mapping(fd.get(), 2 * huge_page, Access::read_write);
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(mapping.data()) % huge_page, 0U);
    }
}

TEST_F(MappingDeathTest, OfWholeHugePagesHasItsGuardsToo) {
    const std::size_t huge_page = transparent_huge_page_bytes();
    const UniqueFd fd = memory(huge_page);
    const Mapping mapping(fd.get(), huge_page, Access::read_write);
    write_at(mapping.data());
    write_at(mapping.data() + huge_page - 1);
    EXPECT_EXIT(write_at(mapping.data() - 1), killed_by_fault, "");
    EXPECT_EXIT(write_at(mapping.data() + huge_page), killed_by_fault, "");
}

TEST_F(MappingDeathTest, OfReservedHugePagesHasItsGuardsTooAndGoesWithThem) {
    // A child that began anew would wait for the pool that we have.
    testing::FLAGS_gtest_death_test_style = "fast";
    test::PoolOfHugePages pool;
    if (const auto why_not = pool.add(1)) GTEST_SKIP() << *why_not;
    const std::size_t huge_page = huge_page_pool().page_bytes;
    const UniqueFd fd = create_huge_segment("ringview.test", huge_page, std::nullopt);
    for (int i = 0; i < 1000; ++i) {
        // A part of a page, too.
        const Mapping mapping(fd.get(), i % 2 == 0 ? huge_page : 100, Access::read_write);
        mapping.data()[99] = std::byte{1};
    }
    const Mapping mapping(fd.get(), huge_page, Access::read_only);
    EXPECT_EQ(read_at(mapping.data() + 99), std::byte{1});
    EXPECT_EXIT(read_at(mapping.data() - 1), killed_by_fault, "");
    EXPECT_EXIT(read_at(mapping.data() + huge_page), killed_by_fault, "");
}

TEST(Mapping, RefusesAFileThatIsShorter) {
    const UniqueFd fd = memory(page);
    EXPECT_THAT([&] { Mapping(fd.get(), page + 1, Access::read_only); },
                throws_error(Error::corrupt, AllOf(HasSubstr("has 4096 bytes"), HasSubstr("4097 were expected"))));
    EXPECT_THAT([&] { Mapping(fd.get(), SIZE_MAX, Access::read_only); }, throws_error(Error::corrupt));
}

TEST(Mapping, RefusesWhatIsNoDescriptorOrNotOpenForWriting) {
    EXPECT_THAT([] { Mapping(-1, page, Access::read_only); }, throws_error(Error::system));
    const std::string name = "ringview.test-" + std::to_string(random_u64());
    create_segment(name, page);
    const UniqueFd readable = open_segment(name, Access::read_only);
    remove_segment(name);
    EXPECT_NO_THROW(Mapping(readable.get(), page, Access::read_only));
    EXPECT_THAT([&] { Mapping(readable.get(), page, Access::read_write); },
                throws_error(Error::system, HasSubstr("Permission denied")));
}

TEST(Mapping, OfNothingHasNoBytes) {
    const Mapping none;
    EXPECT_FALSE(none.is_mapped());
    EXPECT_EQ(none.size(), 0U);
    const UniqueFd fd = memory(page);
    EXPECT_EQ(Mapping(fd.get(), 0, Access::read_write).size(), 0U);
}

TEST(Mapping, OfAFileBeginsAtAnyOffset) {
    const TemporaryDirectory directory;
    const std::string path = directory.path() + "/file";
    std::string content(3 * page, '\0');
    std::iota(content.begin(), content.end(), '\0');
    std::ofstream(path, std::ios::binary) << content;
    for (const std::size_t offset : {std::size_t{0}, std::size_t{1}, page - 1, page, page + 1, 3 * page - 1}) {
        const std::size_t bytes = content.size() - offset;
        const Mapping mapping = Mapping::of_file(path, offset, bytes, Access::read_only);
        ASSERT_EQ(mapping.size(), bytes);
        EXPECT_EQ(std::string(reinterpret_cast<const char*>(mapping.data()), bytes), content.substr(offset)) << offset;
    }
    EXPECT_EQ(Mapping::of_file(path, 3 * page, 0, Access::read_only).size(), 0U);
    EXPECT_THAT([&] { Mapping::of_file(path, 3 * page, 1, Access::read_only); },
                throws_error(Error::corrupt, AllOf(HasSubstr(path), HasSubstr("from byte 12288 on"))));
    EXPECT_THAT([&] { Mapping::of_file(path, UINT64_MAX, 2, Access::read_only); }, throws_error(Error::corrupt));
    EXPECT_THAT([&] { Mapping::of_file(path + "-absent", 0, 1, Access::read_only); },
                throws_error(Error::system, HasSubstr(path + "-absent")));
}

}  // namespace
}  // namespace ringview::platform::mapping_test
