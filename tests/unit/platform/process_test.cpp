#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <set>
#include <thread>

#include <gtest/gtest.h>
#include <ringview/platform/child_process.hpp>
#include <ringview/platform/process.hpp>

namespace ringview::platform {
namespace {

ChildProcess sleeper() {
    return ChildProcess({"/bin/sleep", "60"});
}

TEST(ProcessIdentity, OfThisProcessIsTheSameHoweverItIsAskedFor) {
    const ProcessIdentity self = self_identity();
    EXPECT_EQ(self.pid, getpid());
    EXPECT_NE(self.start_time_ticks, 0U);
    EXPECT_NE(self.pid_namespace, 0U);
    EXPECT_EQ(identity_of(getpid()), self);
    EXPECT_TRUE(is_running(self));
}

TEST(ProcessIdentity, OfAnotherProcessWithTheSamePidIsNotRunning) {
    ProcessIdentity predecessor = self_identity();
    --predecessor.start_time_ticks;
    EXPECT_FALSE(is_running(predecessor));
    EXPECT_TRUE(has_ended(predecessor));
    EXPECT_FALSE(has_ended(self_identity()));
}

TEST(ProcessIdentity, IsFoundBehindAnyNameOfTheProcess) {
    const ProcessIdentity before = self_identity();
    const std::string own_name = process_name(getpid());
    for (const char* name : {") R 1 2 3", "a b", "((", "))", "x) Z"}) {
        prctl(PR_SET_NAME, name);
        EXPECT_EQ(identity_of(getpid()), before) << name;
        EXPECT_TRUE(is_running(before)) << name;
        EXPECT_EQ(process_name(getpid()), name);
    }
    prctl(PR_SET_NAME, own_name.c_str());
}

TEST(ProcessIdentity, OfAZombieIsNotRunning) {
    const pid_t child = fork();
    if (child == 0) {
        pause();
        _exit(0);
    }
    const ProcessIdentity identity = identity_of(child).value();
    EXPECT_TRUE(is_running(identity));
    kill(child, SIGKILL);
    siginfo_t info{};
    ASSERT_EQ(waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0);
    EXPECT_FALSE(is_running(identity));  // not collected: it still has its pid
    EXPECT_TRUE(has_ended(identity));
    waitpid(child, nullptr, 0);
    EXPECT_FALSE(is_running(identity));
    EXPECT_TRUE(has_ended(identity));
    EXPECT_EQ(identity_of(child), std::nullopt);
}

TEST(ProcessIdentity, OfAProcessThatEndsWhileItIsLookedAtIsNone) {
    for (int i = 0; i < 200; ++i) {
        const pid_t child = fork();
        if (child == 0) _exit(0);
        std::thread collector([child] { waitpid(child, nullptr, 0); });
        EXPECT_NO_THROW({
            while (identity_of(child)) {
            }
        });
        collector.join();
    }
}

TEST(ProcessIdentity, OfNobodyIsNone) {
    EXPECT_EQ(identity_of(-1), std::nullopt);
    EXPECT_EQ(identity_of(0x7fffffff), std::nullopt);
    EXPECT_EQ(process_name(0x7fffffff), "?");
}

TEST(Pidfd, TellsLifeFromDeath) {
    ChildProcess child = sleeper();
    const UniqueFd pidfd = open_pidfd(child.pid());
    ASSERT_TRUE(pidfd.is_open());
    EXPECT_TRUE(is_alive(pidfd.get()));
    child.send_signal(SIGSTOP);
    EXPECT_TRUE(is_alive(pidfd.get()));  // stopped is not dead
    child.send_signal(SIGKILL);
    child.wait();
    EXPECT_FALSE(is_alive(pidfd.get()));
}

TEST(Pidfd, OfNobodyIsNotOpen) {
    EXPECT_FALSE(open_pidfd(0x7fffffff).is_open());
    EXPECT_FALSE(open_pidfd(-1).is_open());
}

TEST(RandomNumbers, Differ) {
    std::set<std::uint64_t> drawn;
    for (int i = 0; i < 100; ++i) drawn.insert(random_u64());
    EXPECT_EQ(drawn.size(), 100U);
}

TEST(Process, MayOpenAsManyDescriptorsAsItsHardLimitAllows) {
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    rlimit low = before;
    low.rlim_cur = std::min<rlim_t>(256, before.rlim_max);
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
    raise_descriptor_limit();
    rlimit after{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &after), 0);
    EXPECT_EQ(after.rlim_cur, before.rlim_max);
    ::setrlimit(RLIMIT_NOFILE, &before);
}

}  // namespace
}  // namespace ringview::platform
