#include <fcntl.h>
#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ringview/platform/process.hpp>
#include <ringview/platform/shared_memory.hpp>

#include "support/error_matcher.hpp"

namespace ringview::platform {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing_support::throws_error;

/// Segments under a prefix of their own, which go with the test.
class SharedMemory : public testing::Test {
 public:
    ~SharedMemory() override {
        for (const std::string& name : list_segments(prefix_)) remove_segment(name);
    }

 protected:
    std::string name(const std::string& rest) const { return prefix_ + rest; }
    const std::string& prefix() const { return prefix_; }

 private:
    std::string prefix_ = "ringview.test-" + std::to_string(random_u64()) + ".";
};

struct stat facts_of(const UniqueFd& fd) {
    struct stat facts {};
    EXPECT_EQ(fstat(fd.get(), &facts), 0);
    return facts;
}

TEST_F(SharedMemory, IsOpenToItsOwnerAloneWhateverTheUmask) {
    for (const mode_t mask : {0000U, 0077U, 0777U}) {
        const mode_t before = umask(mask);
        const UniqueFd fd = create_segment(name(std::to_string(mask)), 100);
        umask(before);
        EXPECT_EQ(facts_of(fd).st_mode & 07777U, 0600U) << mask;
    }
}

TEST_F(SharedMemory, IsReallyAllocatedWhenItIsMade) {
    constexpr std::size_t bytes = 10'000'000;
    const struct stat facts = facts_of(create_segment(name("a"), bytes));
    EXPECT_EQ(static_cast<std::size_t>(facts.st_size), bytes);
    EXPECT_GE(static_cast<std::size_t>(facts.st_blocks) * 512, bytes);
}

TEST_F(SharedMemory, BeginsAsZeros) {
    const UniqueFd fd = create_segment(name("a"), 8192);
    const Mapping mapping(fd.get(), 8192, Access::read_only);
    for (const std::byte byte : mapping.bytes()) ASSERT_EQ(byte, std::byte{0});
}

TEST_F(SharedMemory, RefusesANameThatIsTakenAndLeavesWhatHasIt) {
    create_segment(name("a"), 100);
    EXPECT_THAT([&] { create_segment(name("a"), 200); }, throws_error(Error::exists, HasSubstr(name("a"))));
    EXPECT_EQ(file_bytes(open_segment(name("a"), Access::read_only).get()), 100U);
}

TEST_F(SharedMemory, LeavesNothingOfASegmentThatIsTooLarge) {
    EXPECT_THAT([&] { create_segment(name("a"), std::size_t{1} << 62); },
                throws_error(Error::no_memory, HasSubstr("needs 4611686018427387904 bytes; /dev/shm has ")));
    EXPECT_THAT(list_segments(prefix()), IsEmpty());
}

TEST_F(SharedMemory, OpensForTheAccessThatIsAskedForAlone) {
    create_segment(name("a"), 100);
    EXPECT_EQ(fcntl(open_segment(name("a"), Access::read_only).get(), F_GETFL) & O_ACCMODE, O_RDONLY);
    EXPECT_EQ(fcntl(open_segment(name("a"), Access::read_write).get(), F_GETFL) & O_ACCMODE, O_RDWR);
    EXPECT_THAT([&] { open_segment(name("b"), Access::read_only); },
                throws_error(Error::not_found, HasSubstr(name("b"))));
}

TEST_F(SharedMemory, DescriptorsDoNotReachProgramsThatThisOneStarts) {
    EXPECT_NE(fcntl(create_segment(name("a"), 100).get(), F_GETFD) & FD_CLOEXEC, 0);
    EXPECT_NE(fcntl(open_segment(name("a"), Access::read_write).get(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST_F(SharedMemory, MappingsLiveOnWhenTheNameIsRemoved) {
    const UniqueFd fd = create_segment(name("a"), 100);
    const Mapping mapping(fd.get(), 100, Access::read_write);
    EXPECT_TRUE(remove_segment(name("a")));
    EXPECT_FALSE(remove_segment(name("a")));
    mapping.data()[99] = std::byte{1};
    EXPECT_EQ(mapping.data()[99], std::byte{1});
}

TEST_F(SharedMemory, IsListedByPrefixInOrder) {
    for (const char* rest : {"b", "a", "ab"}) create_segment(name(rest), 1);
    EXPECT_THAT(list_segments(prefix()), ElementsAre(name("a"), name("ab"), name("b")));
    EXPECT_THAT(list_segments(name("a")), ElementsAre(name("a"), name("ab")));
}

}  // namespace
}  // namespace ringview::platform
