#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ringview/platform/child_process.hpp>
#include <ringview/platform/file_lock.hpp>
#include <ringview/platform/local_socket.hpp>
#include <ringview/platform/paths.hpp>

#include "support/error_matcher.hpp"

namespace ringview::platform {
namespace {

using testing::HasSubstr;
using testing_support::throws_error;

class FileLockTest : public testing::Test {
 protected:
    std::string path() const { return directory_.path() + "/lock"; }
    std::string directory() const { return directory_.path(); }

 private:
    TemporaryDirectory directory_;
};

TEST_F(FileLockTest, IsHeldByOneAtATimeAndNamesItsHolder) {
    const auto lock = FileLock::try_acquire(path());
    ASSERT_TRUE(lock);
    EXPECT_FALSE(FileLock::try_acquire(path()));
    EXPECT_EQ(FileLock::holder_pid(path()), getpid());
}

TEST_F(FileLockTest, GoesWithItsFileWhenItIsReleased) {
    { const auto lock = FileLock::try_acquire(path()); }
    EXPECT_FALSE(path_facts(path()));
    EXPECT_EQ(FileLock::holder_pid(path()), 0);
    EXPECT_TRUE(FileLock::try_acquire(path()));
}

TEST_F(FileLockTest, OfADeadProcessIsFree) {
    const pid_t child = fork();
    if (child == 0) {
        const auto lock = FileLock::try_acquire(path());
        raise(SIGKILL);
    }
    ASSERT_EQ(waitpid(child, nullptr, 0), child);
    ASSERT_TRUE(path_facts(path()));  // its file is still there
    EXPECT_EQ(FileLock::holder_pid(path()), child);
    EXPECT_TRUE(FileLock::try_acquire(path()));
}

TEST_F(FileLockTest, DoesNotRemoveAFileThatIsNoLongerItsOwn) {
    auto lock = FileLock::try_acquire(path());
    ASSERT_TRUE(remove_file(path()));
    const auto successor = FileLock::try_acquire(path());
    ASSERT_TRUE(successor);
    lock.reset();
    EXPECT_TRUE(path_facts(path()));
    EXPECT_FALSE(FileLock::try_acquire(path()));
}

TEST_F(FileLockTest, MovesWithItsObject) {
    auto lock = FileLock::try_acquire(path());
    {
        const FileLock moved = std::move(*lock);
        lock.reset();
        EXPECT_FALSE(FileLock::try_acquire(path()));
    }
    EXPECT_FALSE(path_facts(path()));
}

TEST_F(FileLockTest, DoesNotFollowASymbolicLink) {
    std::ofstream(directory() + "/victim") << "precious";
    ASSERT_EQ(symlink((directory() + "/victim").c_str(), path().c_str()), 0);
    EXPECT_THAT([&] { FileLock::try_acquire(path()); }, throws_error(Error::system, HasSubstr(path())));
    EXPECT_EQ(file_bytes(directory() + "/victim"), 8U);
}

TEST_F(FileLockTest, WhereNoFileCanBeMadeIsAnErrorThatNamesIt) {
    EXPECT_THAT([&] { FileLock::try_acquire(directory() + "/absent/lock"); },
                throws_error(Error::system, HasSubstr("/absent/lock")));
    EXPECT_THAT([&] { FileLock::try_acquire(directory() + "/absent/lock"); },
                testing::ThrowsMessage<Error>(HasSubstr("make its folder first")));
    std::ofstream(path()) << "a file";
    EXPECT_THAT([&] { FileLock::try_acquire(path() + "/lock"); },
                testing::ThrowsMessage<Error>(
                    testing::AllOf(HasSubstr("Not a directory"), testing::Not(HasSubstr("another user")))));
}

}  // namespace
}  // namespace ringview::platform
