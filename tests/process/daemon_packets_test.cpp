#include <fcntl.h>

#include <filesystem>

#include <gmock/gmock.h>
#include <ringview/platform/unique_fd.hpp>
#include <ringview/ringview.hpp>

#include "support/daemon.hpp"
#include "support/raw_client.hpp"

namespace ringview::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Optional;

constexpr const char* hello = R"({"v":1,"op":"hello","client":"test"})";

std::size_t open_descriptors(pid_t pid) {
    const std::filesystem::directory_iterator entries("/proc/" + std::to_string(pid) + "/fd");
    return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
}

class DaemonPackets : public testing::Test {
 protected:
    /// This client is served as ever, and so is another.
    void expect_everybody_served(RawClient& client) {
        EXPECT_THAT(client.ask(hello), HasSubstr(R"("ok":true)"));
        EXPECT_THAT(bystander.ask(hello), HasSubstr(R"("ok":true)"));
    }
    void expect_error(const std::string& packet, const std::string& code) {
        RawClient client(daemon.socket());
        EXPECT_THAT(client.ask(packet), AllOf(HasSubstr(R"("error":)"), HasSubstr("\"code\":\"" + code + "\"")))
            << packet.substr(0, 80);
        expect_everybody_served(client);
    }

    Daemon daemon{{}, {"--log-level", "critical"}};
    RawClient bystander{daemon.socket()};
};

TEST_F(DaemonPackets, WithAnUnknownOpAreAnsweredUnsupported) {
    expect_error(R"({"v":1,"op":"dance"})", "unsupported");
    expect_error(R"({"v":1,"op":")" + std::string(60000, 'x') + "\"}", "unsupported");
}

TEST_F(DaemonPackets, OfAnotherVersionAreAnsweredVersion) {
    expect_error(R"({"v":2,"op":"hello"})", "version");
}

TEST_F(DaemonPackets, ThatAreGarbageAreAnsweredCorrupt) {
    for (const char* garbage :
         {"", "x", "{", "[]", "null", "{\"v\":1}", "{\"op\":\"hello\"}", "{\"v\":\"1\",\"op\":\"hello\"}",
          "{\"v\":1,\"op\":5}", "\xff\xfe", "{\"v\":1,\"op\":\"create\",\"ring\":[]}",
          "{\"v\":1,\"op\":\"create\",\"ring\":{\"name\":7}}", "{\"v\":1,\"op\":\"detach\",\"endpoint\":-1}",
          "{\"v\":1,\"op\":\"hello\"} trailing"}) {
        expect_error(garbage, "corrupt");
    }
    expect_error(std::string(20000, '['), "corrupt");
    expect_error(std::string(hello) + '\0', "corrupt");
}

TEST_F(DaemonPackets, CutOffAnywhereAreAnsweredCorrupt) {
    const std::string whole = R"({"v":1,"op":"create","ring":{"name":"a","slots":4}})";
    RawClient client(daemon.socket());
    for (std::size_t bytes = 0; bytes < whole.size(); ++bytes)
        EXPECT_THAT(client.ask(whole.substr(0, bytes)), HasSubstr(R"("code":"corrupt")")) << bytes;
    EXPECT_THAT(client.ask(whole), HasSubstr(R"("created":true)"));
}

TEST_F(DaemonPackets, ThatAreTooLargeAreAnsweredCorrupt) {
    expect_error(std::string(65537, ' '), "corrupt");
    expect_error(std::string(150000, 'x'), "corrupt");
}

TEST_F(DaemonPackets, WithStrayDescriptorsAreRefusedAndTheDescriptorsClosed) {
    RawClient client(daemon.socket());
    EXPECT_THAT(client.ask(hello), HasSubstr(R"("ok":true)"));
    const std::size_t before = open_descriptors(daemon.pid());
    const platform::UniqueFd file(open("/dev/null", O_RDONLY | O_CLOEXEC));
    for (std::size_t count : {1U, 3U, 16U}) {
        try {
            ASSERT_TRUE(client.send(hello, std::vector<int>(count, file.get())));
        } catch (const Error& error) {
            EXPECT_THAT(error.message(), HasSubstr("Operation not permitted")) << "the kernel has refused them";
            continue;
        }
        EXPECT_THAT(client.receive(), Optional(HasSubstr(R"("code":"corrupt")"))) << count;
    }
    wait_until("every descriptor closed", [&] { return open_descriptors(daemon.pid()) == before; });
    expect_everybody_served(client);
}

TEST_F(DaemonPackets, OfAClientThatNeverReadsBlockNobodyElse) {
    RawClient deaf(daemon.socket());
    Client client = daemon.client();
    for (int i = 0; i < 40; ++i) client.create({.name = "ring/" + std::to_string(i)});
    // Until neither its replies nor its requests find room.
    std::size_t sent = 0;
    while (deaf.try_send(R"({"v":1,"op":"stat"})")) ++sent;
    EXPECT_GT(sent, 0U);
    for (int i = 0; i < 100; ++i) EXPECT_THAT(bystander.ask(hello), HasSubstr(R"("ok":true)"));
    EXPECT_EQ(client.stat().size(), 40U);
    // It is served again once it reads, without a reply lost.
    for (std::size_t i = 0; i < sent; ++i) ASSERT_THAT(deaf.receive(), Optional(HasSubstr("\"rings\""))) << i;
    expect_everybody_served(deaf);
}

TEST_F(DaemonPackets, LeaveNoDescriptorsBehindWhenClientsComeAndGo) {
    EXPECT_THAT(bystander.ask(hello), HasSubstr(R"("ok":true)"));
    const std::size_t before = open_descriptors(daemon.pid());
    for (int i = 0; i < 200; ++i) {
        RawClient client(daemon.socket());
        client.send(i % 2 == 0 ? hello : "garbage");
    }
    wait_until("every connection closed", [&] { return open_descriptors(daemon.pid()) == before; });
}

}  // namespace
}  // namespace ringview::test
