#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ringview/platform/child_process.hpp>
#include <ringview/platform/paths.hpp>
#include <ringview/platform/process.hpp>

#include "support/error_matcher.hpp"

namespace ringview::platform {
namespace {

using testing::HasSubstr;
using testing_support::throws_error;

ChildProcess shell(const std::string& script) {
    return ChildProcess({"/bin/sh", "-c", script});
}

TEST(ChildProcess, GivesTheExitStatusAsAShellHasIt) {
    EXPECT_EQ(shell("exit 0").wait(), 0);
    EXPECT_EQ(shell("exit 42").wait(), 42);
    EXPECT_EQ(shell("kill -TERM $$").wait(), 128 + SIGTERM);
}

TEST(ChildProcess, TellsItsStatusAgainAndCollectsNobodyElse) {
    ChildProcess other = shell("exit 7");
    ChildProcess child = shell("exit 42");
    EXPECT_EQ(child.wait(), 42);
    EXPECT_EQ(child.wait(), 42);
    EXPECT_EQ(other.wait(), 7);
}

TEST(ChildProcess, GetsItsArgumentsAsTheyAre) {
    EXPECT_EQ(ChildProcess({"/bin/sh", "-c", R"([ "$1" = "a b\"*" ] && [ $# = 2 ] && [ -z "$2" ])", "sh", "a b\"*", ""})
                  .wait(),
              0);
}

TEST(ChildProcess, IsKilledAndCollectedWithItsObject) {
    std::optional<ChildProcess> child(shell("exec sleep 60"));
    const UniqueFd pidfd = open_pidfd(child->pid());
    child.reset();
    EXPECT_FALSE(is_alive(pidfd.get()));
}

TEST(ChildProcess, MovesWithItsObject) {
    ChildProcess child = shell("exit 3");
    ChildProcess moved = std::move(child);
    EXPECT_EQ(moved.wait(), 3);
}

TEST(ChildProcess, ThatCannotBeStartedIsNamed) {
    EXPECT_THAT([] { ChildProcess({"/nonexistent/program"}); },
                throws_error(Error::system, HasSubstr("cannot start /nonexistent/program")));
}

TEST(OwnProgramPath, IsThisProgram) {
    EXPECT_THAT(own_program_path(), HasSubstr("unit_platform"));
    EXPECT_TRUE(std::filesystem::exists(own_program_path()));
}

TEST(TemporaryDirectory, IsPrivateAndGoesWithEverythingInIt) {
    std::string path;
    {
        const TemporaryDirectory directory;
        path = directory.path();
        const auto facts = path_facts(path);
        ASSERT_TRUE(facts);
        EXPECT_EQ(facts->permissions, 0700U);
        EXPECT_NE(TemporaryDirectory().path(), path);
        std::filesystem::create_directories(path + "/a/b");
        std::ofstream(path + "/a/b/file") << "x";
    }
    EXPECT_FALSE(path_facts(path));
}

}  // namespace
}  // namespace ringview::platform
