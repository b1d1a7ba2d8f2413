#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <ringview/platform/local_socket.hpp>
#include <ringview/ringview.hpp>

#include "support/daemon.hpp"

namespace ringview::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Daemon, ServesUntilSigtermAndLeavesNothing) {
    Daemon daemon;
    EXPECT_TRUE(daemon.client().create({.name = "a/b"}));
    EXPECT_FALSE(daemon.files_in_shm().empty());
    EXPECT_EQ(daemon.stop(SIGTERM).code, 0);
    EXPECT_FALSE(std::filesystem::exists(daemon.socket()));
    EXPECT_THAT(daemon.files_in_shm(), IsEmpty());
}

TEST(Daemon, EndsCleanlyAtSigint) {
    Daemon daemon;
    daemon.client().create({.name = "a"});
    EXPECT_EQ(daemon.stop(SIGINT).code, 0);
    EXPECT_FALSE(std::filesystem::exists(daemon.socket()));
    EXPECT_THAT(daemon.files_in_shm(), IsEmpty());
}

TEST(Daemon, EndsCleanlyWhenItsTerminalIsClosed) {
    Daemon daemon;
    daemon.client().create({.name = "a"});
    EXPECT_EQ(daemon.stop(SIGHUP).code, 0);
    EXPECT_FALSE(std::filesystem::exists(daemon.socket()));
    EXPECT_THAT(daemon.files_in_shm(), IsEmpty());
}

TEST(Daemon, OutlivesItsTerminalWhereItWasStartedToDoSo) {
    Daemon daemon({}, {}, {"/bin/sh", "-c", "trap '' HUP; exec \"$@\"", "sh"});
    daemon.process().signal(SIGHUP);
    EXPECT_TRUE(daemon.client().create({.name = "a"}));
    const Ended ended = daemon.stop(SIGTERM);
    EXPECT_EQ(ended.code, 0);
    EXPECT_THAT(ended.errors, HasSubstr("ends: signal 15"));
}

TEST(Daemon, EndsCleanlyWhenAClientAsks) {
    Daemon daemon;
    Client client = daemon.client();
    client.create({.name = "a"});
    client.shut_down_daemon();
    EXPECT_EQ(daemon.process().wait().code, 0);
    EXPECT_THAT(daemon.files_in_shm(), IsEmpty());
}

TEST(Daemon, RefusesASocketThatAnotherDaemonHasNamingItsPid) {
    Daemon daemon;
    Child second(Daemon::command(daemon.socket(), unique_name("other")));
    const Ended ended = second.wait();
    EXPECT_EQ(ended.code, 1);
    EXPECT_THAT(ended.errors, AllOf(HasSubstr("another daemon (pid " + std::to_string(daemon.pid()) + ")"),
                                    HasSubstr(daemon.socket()), HasSubstr("another --socket")));
    EXPECT_TRUE(daemon.client().create({.name = "still/served"}));
}

TEST(Daemon, RefusesAnInstanceThatAnotherDaemonHasNamingItsPid) {
    Daemon daemon;
    Child second(Daemon::command(daemon.directory() + "/other.sock", daemon.instance()));
    const Ended ended = second.wait();
    EXPECT_EQ(ended.code, 1);
    EXPECT_THAT(ended.errors, AllOf(HasSubstr("another daemon (pid " + std::to_string(daemon.pid()) + ")"),
                                    HasSubstr("instance " + daemon.instance()), HasSubstr("another --instance")));
    EXPECT_FALSE(std::filesystem::exists(daemon.directory() + "/other.sock"));
}

/// The instance of a daemon that is told of its socket, here.sock of `folder`, as `written`, in `working_directory`.
std::string instance_of_daemon(const std::string& folder, const std::string& written,
                               const std::string& working_directory) {
    Child daemon({"/bin/sh", "-c", "cd \"$0\" && exec \"$@\"", working_directory, Daemon::command({}, {}).front(),
                  "--socket", written});
    wait_until("a daemon that listens", [&] {
        std::string why_not;
        return platform::connect_to(folder + "/here.sock", why_not).is_open();
    });
    daemon.signal(SIGTERM);
    const std::string said = daemon.wait().errors;
    const std::string before = ", instance ";
    const std::size_t begin = said.find(before) + before.size();
    EXPECT_THAT(said, HasSubstr(before));
    return said.substr(begin, said.find('\n', begin) - begin);
}

TEST(Daemon, HasTheInstanceOfItsSocketHoweverThatIsWritten) {
    const platform::TemporaryDirectory one;
    const platform::TemporaryDirectory another;
    const std::string instance = instance_of_daemon(one.path(), one.path() + "/here.sock", "/");
    EXPECT_EQ(instance_of_daemon(one.path(), "here.sock", one.path()), instance);
    EXPECT_EQ(instance_of_daemon(one.path(), one.path() + "/.//here.sock", "/"), instance);
    EXPECT_NE(instance_of_daemon(another.path(), "here.sock", another.path()), instance);
}

TEST(Daemon, DoesNotRemoveAFileInItsSocketsPlace) {
    const platform::TemporaryDirectory directory;
    const std::string path = directory.path() + "/precious";
    std::ofstream(path) << "data";
    Child process(Daemon::command(path, unique_name("t")));
    const Ended ended = process.wait();
    EXPECT_EQ(ended.code, 1);
    EXPECT_THAT(ended.errors, HasSubstr("is no socket"));
    EXPECT_EQ(std::filesystem::file_size(path), 4U);
}

TEST(Daemon, SaysWhichSocketPathIsTooLong) {
    const std::string path = "/tmp/" + std::string(200, 'x');
    Child process(Daemon::command(path, unique_name("t")));
    const Ended ended = process.wait();
    EXPECT_EQ(ended.code, 1);
    EXPECT_THAT(ended.errors, AllOf(HasSubstr("a socket path has 1 to"), HasSubstr(path)));
}

TEST(Daemon, AnswersWrongUsageWithTwo) {
    std::vector<std::string> words = Daemon::command("/nowhere", "t");
    words.emplace_back("--no-such-option");
    EXPECT_EQ(Child(words).wait().code, 2);
}

TEST(Daemon, StartedWithoutStandardDescriptorsHasNothingOfItsOwnInTheirPlace) {
    Daemon daemon({}, {}, {"/bin/sh", "-c", "exec \"$@\" <&- >&- 2>&-", "sh"});
    for (const char* fd : {"0", "1", "2"}) {
        const std::string link = "/proc/" + std::to_string(daemon.pid()) + "/fd/" + fd;
        EXPECT_EQ(std::filesystem::read_symlink(link), "/dev/null") << fd;
    }
}

TEST(Daemon, GivesItsSocketTheConfiguredMode) {
    Daemon daemon("[daemon]\nsocket_mode = 0o640\n");
    struct stat facts {};
    ASSERT_EQ(stat(daemon.socket().c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777U, 0640U);
}

}  // namespace
}  // namespace ringview::test
