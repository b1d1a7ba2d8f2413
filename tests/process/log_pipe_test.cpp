#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <ringview/platform/unique_fd.hpp>

#include "support/daemon.hpp"
#include "support/raw_client.hpp"

namespace ringview::test {
namespace {

using testing::HasSubstr;
using testing::Not;

/// A daemon that logs everything into a pipe.
class LogPipe : public testing::Test {
 protected:
    LogPipe() {
        mkfifo(path_.c_str(), 0600);
        // Both ends: whoever opens one alone waits for the other.
        pipe_.reset(open(path_.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
        daemon_.emplace(
            "", std::vector<std::string>{"--log-level", "trace"},
            std::vector<std::string>{"/bin/sh", "-c", R"(log="$1"; shift; exec "$@" 2>"$log")", "sh", path_});
    }
    std::string read_all() {
        std::string text;
        std::array<char, 65536> buffer{};
        for (ssize_t got = 0; (got = read(pipe_.get(), buffer.data(), buffer.size())) > 0;)
            text.append(buffer.data(), static_cast<std::size_t>(got));
        return text;
    }
    static void say_hello(RawClient& client, int count) {
        const std::string hello = R"({"v":1,"op":"hello","client":")" + std::string(64, 'x') + "\"}";
        for (int i = 0; i < count; ++i) ASSERT_THAT(client.ask(hello), HasSubstr(R"("ok":true)"));
    }

    platform::TemporaryDirectory directory_;
    std::string path_ = directory_.path() + "/log";
    platform::UniqueFd pipe_;
    std::optional<Daemon> daemon_;
};

TEST_F(LogPipe, ThatNobodyReadsHoldsNobodyUpAndSaysWhatItHasLost) {
    RawClient client(daemon_->socket());
    say_hello(client, 2000);
    EXPECT_THAT(read_all(), HasSubstr("listens at"));
    say_hello(client, 1);
    EXPECT_THAT(read_all(), HasSubstr("lines of the log are lost"));
    say_hello(client, 1);
    EXPECT_THAT(read_all(), Not(HasSubstr("lost")));
}

TEST_F(LogPipe, WhoseReaderHasGoneEndsNothing) {
    RawClient client(daemon_->socket());
    say_hello(client, 1);
    pipe_.reset();
    say_hello(client, 10);
    EXPECT_EQ(daemon_->stop().code, 0);
}

TEST_F(LogPipe, TakesALongLineCutOff) {
    RawClient client(daemon_->socket());
    client.ask(R"({"v":1,"op":"create","ring":{"name":"a","format":")" + std::string(60000, 'y') + "\"}}");
    const std::string log = read_all();
    EXPECT_THAT(log, HasSubstr("refused: "));
    EXPECT_LT(log.size(), 5000U);
}

}  // namespace
}  // namespace ringview::test
