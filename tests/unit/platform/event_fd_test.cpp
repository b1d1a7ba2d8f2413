#include <pthread.h>
#include <signal.h>

#include <array>
#include <atomic>
#include <chrono>
#include <thread>

#include <gtest/gtest.h>
#include <ringview/platform/background_thread.hpp>
#include <ringview/platform/event_fd.hpp>

namespace ringview::platform {
namespace {

using namespace std::chrono_literals;

TEST(EventFd, IsReadableFromSignalToClear) {
    const EventFd event;
    EXPECT_FALSE(event.wait(0ns));
    event.signal();
    event.signal();
    EXPECT_TRUE(event.wait(0ns));
    EXPECT_TRUE(event.wait(0ns)) << "waiting takes nothing away";
    event.clear();
    EXPECT_FALSE(event.wait(1ms));
    event.clear();
    event.signal();
    EXPECT_TRUE(event.wait(60s));
}

TEST(EventFd, EndsAWaitInAnotherThread) {
    const EventFd event;
    std::thread waiter([&] { EXPECT_TRUE(event.wait(60s)); });
    event.signal();
    waiter.join();
}

TEST(BackgroundThread, HasANameAndBlocksEverySignalThatCanBe) {
    std::array<char, 16> name{};
    std::atomic<bool> blocks_all{true};
    start_background_thread("ringview-test", [&] {
        pthread_getname_np(pthread_self(), name.data(), name.size());
        sigset_t blocked;
        pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
        for (const int signal : {SIGINT, SIGTERM, SIGUSR1, SIGCHLD, SIGALRM, SIGPIPE})
            blocks_all = blocks_all && sigismember(&blocked, signal) == 1;
    }).join();
    EXPECT_STREQ(name.data(), "ringview-test");
    EXPECT_TRUE(blocks_all);
    sigset_t ours;
    pthread_sigmask(SIG_SETMASK, nullptr, &ours);
    EXPECT_EQ(sigismember(&ours, SIGTERM), 0) << "the caller's own mask is as it was";
}

}  // namespace
}  // namespace ringview::platform
