#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ringview/platform/cgroup.hpp>
#include <ringview/platform/child_process.hpp>

#include "support/error_matcher.hpp"

namespace ringview::platform {
namespace {

using testing::HasSubstr;
using testing_support::throws_error;

/// A tree of cgroups as the kernel shows it, for a process in /outer/inner.
class Cgroup : public testing::Test {
 protected:
    Cgroup() {
        std::filesystem::create_directories(root_ + "/outer/inner");
        set_own("3:cpu:/elsewhere\n0::/outer/inner\n");
    }
    void set_own(const std::string& text) const { std::ofstream(files().membership) << text; }
    void set(const std::string& path, const std::string& text) const { std::ofstream(root_ + path) << text << '\n'; }
    void check(std::uint64_t bytes) const { check_cgroup("it", bytes, files()); }
    void expect_room(std::uint64_t bytes, const std::string& cgroup) const {
        EXPECT_NO_THROW(check(bytes));
        EXPECT_THAT([&] { check(bytes + 1); },
                    throws_error(Error::no_memory,
                                 HasSubstr("it needs " + std::to_string(bytes + 1) + " bytes; the cgroup " + cgroup +
                                           " may take " + std::to_string(bytes) + " more (memory.max)")));
    }

 private:
    CgroupFiles files() const { return {directory_.path() + "/membership", root_}; }

    TemporaryDirectory directory_;
    std::string root_{directory_.path() + "/root"};
};

TEST_F(Cgroup, MayTakeWhatItsLimitLeaves) {
    set("/outer/inner/memory.max", "1000");
    set("/outer/inner/memory.current", "300");
    expect_room(700, "/outer/inner");
}

TEST_F(Cgroup, MayTakeWhatTheOnesAroundItLeave) {
    set("/outer/inner/memory.max", "1000");
    set("/outer/inner/memory.current", "300");
    set("/outer/memory.max", "500");
    set("/outer/memory.current", "400");
    expect_room(100, "/outer");
    set("/memory.max", "60");
    set("/memory.current", "50");
    expect_room(10, "/");
}

TEST_F(Cgroup, IsInAContainerTheRoot) {
    set_own("0::/\n");
    set("/memory.max", "60");
    set("/memory.current", "50");
    expect_room(10, "/");
}

TEST_F(Cgroup, DropsFilesFromThePageCacheFirst) {
    set("/outer/inner/memory.max", "1000");
    set("/outer/inner/memory.current", "900");
    set("/outer/inner/memory.stat", "anon 90\nfile 500\nshmem 300\ninactive_file 150\nactive_file 50\nslab 10");
    expect_room(300, "/outer/inner");
}

TEST_F(Cgroup, IsFullAlsoWhereItHasMoreThanItsLimit) {
    set("/outer/inner/memory.max", "1000");
    set("/outer/inner/memory.current", "1200");
    expect_room(0, "/outer/inner");
}

TEST_F(Cgroup, WithoutALimitTakesAnything) {
    EXPECT_NO_THROW(check(UINT64_MAX));
    set("/outer/inner/memory.max", "max");
    set("/outer/inner/memory.current", "300");
    EXPECT_NO_THROW(check(UINT64_MAX));
}

TEST_F(Cgroup, OfVersionOneOrNoneAtAllLimitsNothingHere) {
    set("/memory.max", "1");
    set_own("4:memory:/outer/inner\n1:cpu:/\n");
    EXPECT_NO_THROW(check(UINT64_MAX));
    set_own("");
    EXPECT_NO_THROW(check(UINT64_MAX));
}

}  // namespace
}  // namespace ringview::platform
