#include <linux/capability.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ringview/platform/anonymous_segment.hpp>
#include <ringview/platform/huge_pages.hpp>
#include <ringview/platform/mapped_pages.hpp>
#include <ringview/platform/page_facts.hpp>

#include "support/error_matcher.hpp"

namespace ringview::platform {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing_support::throws_error;

constexpr std::size_t page = 4096;
constexpr std::size_t pages = 2000;

/// Sanitizers would fault in shadow of their own.
__attribute__((no_sanitize("address", "thread"))) void write_every_page(const Mapping& mapping) {
    for (std::size_t i = 0; i < mapping.size(); i += page)
        *reinterpret_cast<volatile unsigned char*>(mapping.data() + i) = 1;
}
__attribute__((no_sanitize("address", "thread"))) void read_every_page(const Mapping& mapping) {
    for (std::size_t i = 0; i < mapping.size(); i += page)
        static_cast<void>(*reinterpret_cast<const volatile unsigned char*>(mapping.data() + i));
}

template <class Touch>
long faults_of(Touch touch, const Mapping& mapping) {
    const auto so_far = [] {
        rusage usage{};
        getrusage(RUSAGE_THREAD, &usage);
        return usage.ru_minflt;
    };
    const long before = so_far();
    touch(mapping);
    return so_far() - before;
}

/// What another process would have mapped meanwhile is no matter of ours: a few are let pass.
constexpr long hardly_any = 20;

class MappedPages : public testing::Test {
 protected:
    Mapping map(Access access) const { return {fd_.get(), pages * page, access}; }

 private:
    UniqueFd fd_ = create_anonymous_segment("ringview.test", pages* page);
};

TEST_F(MappedPages, FaultOneByOneWhereNobodyPrefaults) {
    EXPECT_GE(faults_of(write_every_page, map(Access::read_write)), static_cast<long>(pages));
    // The kernel maps some around each that is read.
    EXPECT_GE(faults_of(read_every_page, map(Access::read_only)), static_cast<long>(pages / 64));
}

TEST_F(MappedPages, DoNotFaultOncePrefaulted) {
    const Mapping writable = map(Access::read_write);
    const Mapping readable = map(Access::read_only);
    prefault(writable, Access::read_write);
    prefault(readable, Access::read_only);
    EXPECT_LE(faults_of(write_every_page, writable), hardly_any);
    EXPECT_LE(faults_of(read_every_page, readable), hardly_any);
    prefault(Mapping{}, Access::read_only);
}

TEST_F(MappedPages, AreLockedAndPresentOnceLocked) {
    const Mapping mapping = map(Access::read_write);
    rlimit limit{};
    getrlimit(RLIMIT_MEMLOCK, &limit);
    if (limit.rlim_cur < mapping.size()) GTEST_SKIP() << "RLIMIT_MEMLOCK is " << limit.rlim_cur;
    EXPECT_EQ(ProcessPages::read().of(mapping.bytes()).locked_bytes, 0U);
    lock(mapping, "it");
    EXPECT_EQ(ProcessPages::read().of(mapping.bytes()).locked_bytes, mapping.size());
    EXPECT_LE(faults_of(read_every_page, mapping), hardly_any);
}

/// While it lives, this thread may not lock beyond the limit, also where root runs the tests.
class WithoutRightToLock {
 public:
    WithoutRightToLock() {
        getrlimit(RLIMIT_MEMLOCK, &limit_);
        const rlimit small{page, limit_.rlim_max};
        EXPECT_EQ(setrlimit(RLIMIT_MEMLOCK, &small), 0);
        EXPECT_EQ(syscall(SYS_capget, &header_, rights_), 0);
        __user_cap_data_struct without[2] = {rights_[0], rights_[1]};
        without[CAP_TO_INDEX(CAP_IPC_LOCK)].effective &= ~CAP_TO_MASK(CAP_IPC_LOCK);
        EXPECT_EQ(syscall(SYS_capset, &header_, without), 0);
    }
    WithoutRightToLock(const WithoutRightToLock&) = delete;
    WithoutRightToLock& operator=(const WithoutRightToLock&) = delete;
    ~WithoutRightToLock() {
        syscall(SYS_capset, &header_, rights_);
        setrlimit(RLIMIT_MEMLOCK, &limit_);
    }

 private:
    rlimit limit_{};
    __user_cap_header_struct header_{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct rights_[2]{};
};

TEST_F(MappedPages, BeyondTheLimitAreNotLockedAndTheErrorSaysLimitNeedAndCure) {
    const Mapping mapping = map(Access::read_write);
    munlockall();
    const WithoutRightToLock here;
    try {
        lock(mapping, "ring camera");
        FAIL() << "it was locked";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Error::no_memory);
        EXPECT_THAT(error.message(), AllOf(HasSubstr("cannot lock ring camera"), HasSubstr("has 8192000 bytes"),
                                           HasSubstr("limit is 4096 bytes (RLIMIT_MEMLOCK)")));
        EXPECT_THAT(error.hint(), AllOf(HasSubstr("LimitMEMLOCK="), HasSubstr("ulimit -l")));
    }
}

TEST(CollapseIntoHugePages, GivesEveryMappingLargePagesOrSaysWhyNot) {
    const std::size_t bytes = 2 * transparent_huge_page_bytes();
    const UniqueFd fd = create_anonymous_segment("ringview.test", bytes);
    const Mapping mapping(fd.get(), bytes, Access::read_write);
    mapping.data()[bytes - 1] = std::byte{3};
    const std::string reason = collapse_into_huge_pages(mapping);
    const Mapping other(fd.get(), bytes, Access::read_only);
    EXPECT_EQ(other.data()[bytes - 1], std::byte{3});
    prefault(other, Access::read_only);
    const ProcessPages now = ProcessPages::read();
    if (!reason.empty()) {
        EXPECT_LT(now.of(mapping.bytes()).huge_bytes, bytes);
        GTEST_SKIP() << reason;
    }
    EXPECT_EQ(now.of(mapping.bytes()).huge_bytes, bytes);
    EXPECT_EQ(now.of(other.bytes()).huge_bytes, bytes) << "also where another has collapsed them";
}

}  // namespace
}  // namespace ringview::platform
