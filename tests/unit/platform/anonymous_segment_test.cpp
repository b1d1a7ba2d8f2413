#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ringview/platform/anonymous_segment.hpp>

#include "support/error_matcher.hpp"
#include "support/huge_page_pool.hpp"

namespace ringview::platform::anonymous_segment_test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing_support::throws_error;

constexpr std::size_t bytes = 5 * 4096;

struct stat facts_of(const UniqueFd& fd) {
    struct stat facts {};
    EXPECT_EQ(fstat(fd.get(), &facts), 0);
    return facts;
}

/// The error of a call that must fail.
template <class Call>
int refusal(Call call) {
    errno = 0;
    EXPECT_LT(call(), 0);
    return errno;
}

TEST(AnonymousSegment, IsOpenToItsOwnerAloneAndReallyAllocated) {
    const UniqueFd fd = create_anonymous_segment("ringview.test", bytes);
    const struct stat facts = facts_of(fd);
    EXPECT_EQ(facts.st_mode & 07777U, 0600U);
    EXPECT_EQ(static_cast<std::size_t>(facts.st_size), bytes);
    EXPECT_GE(static_cast<std::size_t>(facts.st_blocks) * 512, bytes);
    EXPECT_NE(fcntl(fd.get(), F_GETFD) & FD_CLOEXEC, 0);
    const Mapping mapping(fd.get(), bytes, Access::read_only);
    for (const std::byte byte : mapping.bytes()) ASSERT_EQ(byte, std::byte{0});
}

TEST(AnonymousSegment, ThatTheMachineHasNoMemoryForIsRefusedBeforeAnyIsTaken) {
    EXPECT_THAT(
        [] { create_anonymous_segment("ringview.test", std::size_t{1} << 50); },
        throws_error(Error::no_memory, AllOf(HasSubstr("ringview.test needs 1125899906842624 bytes; the machine has "),
                                             HasSubstr("available"))));
    EXPECT_THAT([] { create_anonymous_segment("ringview.test", std::size_t{1} << 50, 0); },
                throws_error(Error::no_memory, HasSubstr("NUMA node 0 has ")));
}

TEST(AnonymousSegment, OnceSealedKeepsItsSizeForEver) {
    const UniqueFd fd = create_anonymous_segment("ringview.test", bytes);
    seal_size(fd.get());
    for (const UniqueFd& any : {reopen_segment(fd.get(), Access::read_write), UniqueFd(dup(fd.get()))}) {
        EXPECT_EQ(refusal([&] { return ftruncate(any.get(), 4096); }), EPERM);
        EXPECT_EQ(refusal([&] { return ftruncate(any.get(), 2 * bytes); }), EPERM);
        EXPECT_EQ(refusal([&] { return fcntl(any.get(), F_ADD_SEALS, F_SEAL_WRITE); }), EPERM) << "sealed for good";
    }
    EXPECT_EQ(static_cast<std::size_t>(facts_of(fd).st_size), bytes);
    EXPECT_THAT([&] { shrink_segment(fd.get(), 4096); }, throws_error(Error::system, HasSubstr("shrink")));
}

TEST(AnonymousSegment, UntilItIsSealedCanBeCut) {
    const UniqueFd fd = create_anonymous_segment("ringview.test", bytes);
    shrink_segment(fd.get(), 4096);
    EXPECT_EQ(facts_of(fd).st_size, 4096);
}

TEST(AnonymousSegment, OpenedForReadingCanBeMappedForNothingElse) {
    const UniqueFd fd = create_anonymous_segment("ringview.test", bytes);
    const Mapping writable(fd.get(), bytes, Access::read_write);
    const UniqueFd reader = reopen_segment(fd.get(), Access::read_only);
    EXPECT_NE(fcntl(reader.get(), F_GETFD) & FD_CLOEXEC, 0);
    EXPECT_EQ(fcntl(reader.get(), F_GETFL) & O_ACCMODE, O_RDONLY);
    const Mapping readable(reader.get(), bytes, Access::read_only);
    writable.data()[bytes - 1] = std::byte{5};
    EXPECT_EQ(readable.data()[bytes - 1], std::byte{5}) << "the same memory";
    EXPECT_THAT([&] { Mapping(reader.get(), bytes, Access::read_write); },
                throws_error(Error::system, HasSubstr("Permission denied")));
    EXPECT_EQ(refusal([&] { return ftruncate(reader.get(), 4096); }), EINVAL);
    EXPECT_EQ(refusal([&] { return fallocate(reader.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096); }),
              EBADF);
}

TEST(AnonymousSegment, ShowsItsLabelInTheListOfMappings) {
    const UniqueFd fd = create_anonymous_segment("ringview.test.label", bytes);
    const Mapping mapping(fd.get(), bytes, Access::read_only);
    std::ifstream maps("/proc/self/maps");
    const std::string text((std::istreambuf_iterator<char>(maps)), {});
    EXPECT_THAT(text, HasSubstr("/memfd:ringview.test.label"));
}

TEST(HugeSegment, LiesInReservedPagesIsSealedAndIsMappedBothWays) {
    test::PoolOfHugePages pool;
    if (const auto why_not = pool.add(2)) GTEST_SKIP() << *why_not;
    const std::size_t page = huge_page_pool().page_bytes;
    const std::uint64_t free = huge_page_pool().free;
    const UniqueFd fd = create_huge_segment("ringview.test", 2 * page, std::nullopt);
    EXPECT_EQ(huge_page_pool().free, free - 2) << "allocated, not only promised";
    EXPECT_EQ(facts_of(fd).st_mode & 07777U, 0600U);
    seal_size(fd.get());
    EXPECT_EQ(refusal([&] { return ftruncate(fd.get(), static_cast<off_t>(page)); }), EPERM);
    EXPECT_EQ(refusal([&] { return ftruncate(fd.get(), static_cast<off_t>(4 * page)); }), EPERM);
    const Mapping writable(fd.get(), 2 * page, Access::read_write);
    const UniqueFd reader = reopen_segment(fd.get(), Access::read_only);
    const Mapping readable(reader.get(), 2 * page, Access::read_only);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(readable.data()) % page, 0U);
    writable.data()[2 * page - 1] = std::byte{9};
    EXPECT_EQ(readable.data()[2 * page - 1], std::byte{9});
    EXPECT_THAT([&] { Mapping(reader.get(), 2 * page, Access::read_write); }, throws_error(Error::system));
}

TEST(HugeSegment, ThatThePoolHasTooLittleForIsRefusedWithWhatIsNeededAndHowToGetIt) {
    const test::PoolOfHugePages alone;
    const HugePagePool pool = huge_page_pool();
    if (pool.page_bytes == 0) GTEST_SKIP() << "this kernel has no reserved huge pages";
    const std::uint64_t wanted = test::PoolOfHugePages::too_many();
    if (wanted > test::largest_pool_to_exceed) GTEST_SKIP() << "the pool has " << pool.free << " free pages";
    const auto create = [&](std::optional<unsigned> node) {
        return [&, node] { create_huge_segment("ringview.test", wanted * pool.page_bytes, node); };
    };
    const std::string needed = std::to_string(wanted) + " reserved huge pages of ";
    EXPECT_THAT(create(std::nullopt), throws_error(Error::no_memory, HasSubstr(needed)));
    try {
        create(std::nullopt)();
    } catch (const Error& error) {
        EXPECT_THAT(error.message(),
                    HasSubstr(std::to_string(pool.free) + " of " + std::to_string(pool.total) + " are free"));
        EXPECT_EQ(error.hint(), "root reserves more: sysctl vm.nr_hugepages=" + std::to_string(pool.total + 1));
    }
    EXPECT_EQ(huge_page_pool().free, pool.free) << "and nothing of it is kept";
}

}  // namespace
}  // namespace ringview::platform::anonymous_segment_test
