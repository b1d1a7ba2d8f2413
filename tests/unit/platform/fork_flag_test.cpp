#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>
#include <ringview/platform/fork_flag.hpp>

namespace ringview::platform {
namespace {

/// The exit status of a forked child that runs `function`.
template <class Function>
int in_child(Function function) {
    const pid_t child = fork();
    if (child == 0) _exit(function());
    int status = -1;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(ForkFlag, IsInItsCreatorUntilItForks) {
    const ForkFlag flag;
    EXPECT_TRUE(flag.is_in_creator());
    EXPECT_EQ(in_child([&] { return flag.is_in_creator() ? 1 : 0; }), 0);
    EXPECT_TRUE(flag.is_in_creator());
}

TEST(ForkFlag, OneMadeInAChildIsInItsCreatorThereAndTheParentsIsStillNot) {
    const ForkFlag parents;
    const int result = in_child([&] {
        const ForkFlag own;
        return (own.is_in_creator() ? 1 : 0) + (parents.is_in_creator() ? 2 : 0);
    });
    EXPECT_EQ(result, 1);
    EXPECT_TRUE(parents.is_in_creator());
}

TEST(ForkFlag, TellsGrandchildrenToo) {
    const ForkFlag parents;
    const int result = in_child([&] {
        const ForkFlag childs;
        return in_child([&] {
            const ForkFlag own;
            return (own.is_in_creator() ? 1 : 0) + (childs.is_in_creator() ? 2 : 0) + (parents.is_in_creator() ? 4 : 0);
        });
    });
    EXPECT_EQ(result, 1);
}

}  // namespace
}  // namespace ringview::platform
