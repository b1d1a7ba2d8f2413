#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <ringview/control/messages.hpp>
#include <ringview/platform/error.hpp>
#include <ringview/platform/local_socket.hpp>

#include "support/daemon.hpp"
#include "support/lingering.hpp"
#include "support/raw_client.hpp"

/// Clients that mean harm: the daemon goes on, and serves everybody else.
namespace ringview::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr const char* greeting = R"({"v":1,"op":"hello"})";

class HostileClients : public testing::Test {
 protected:
    /// The descriptors of an attach: slots, cursors.
    static std::vector<platform::UniqueFd> attach(RawClient& client, const std::string& request) {
        EXPECT_TRUE(client.send(request));
        EXPECT_TRUE(platform::wait_for_packet(client.fd(), 10s));
        platform::Packet packet = platform::receive_packet(client.fd(), control::max_packet_bytes, 2);
        EXPECT_EQ(packet.fds.size(), 2U) << packet.bytes;
        return std::move(packet.fds);
    }

    Daemon daemon{};
    RawClient bystander{daemon.socket()};
};

TEST_F(HostileClients, ThatSendADescriptorWhichTakesLongToCloseHoldNobodyUp) {
    Lingering lingering;
    RawClient client(daemon.socket());
    try {
        client.send(greeting, {lingering.fd()});
        lingering.leave_to_others();
    } catch (const Error& error) {
        EXPECT_THAT(error.message(), HasSubstr("Operation not permitted")) << "the kernel lets none through";
    }
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_THAT(bystander.ask(greeting), HasSubstr(R"("ok":true)"));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 10s);
}

TEST_F(HostileClients, ThatCutASegmentOffEndNeitherTheDaemonNorItsOtherRings) {
    bystander.ask(R"({"v":1,"op":"create","ring":{"name":"other"}})");
    RawClient client(daemon.socket());
    client.ask(R"({"v":1,"op":"create","ring":{"name":"ring","stall_timeout_ms":1}})");
    const auto as_consumer = attach(client, R"({"v":1,"op":"attach_consumer","ring":"ring","name":"c"})");
    const auto as_producer = attach(client, R"({"v":1,"op":"attach_producer","ring":"ring"})");
    ASSERT_EQ(ftruncate(as_consumer[1].get(), 0), 0);
    ASSERT_EQ(ftruncate(as_producer[0].get(), 0), 0);

    EXPECT_THAT(bystander.ask(R"({"v":1,"op":"stat"})"), HasSubstr("other"));
    EXPECT_THAT(bystander.ask(R"({"v":1,"op":"attach_consumer","ring":"ring"})"),
                HasSubstr("a client has taken memory of the segment"));
    attach(bystander, R"({"v":1,"op":"attach_consumer","ring":"other"})");
    EXPECT_THAT(bystander.ask(R"({"v":1,"op":"remove","ring":"ring"})"), HasSubstr(R"("ok":true)"));
    EXPECT_THAT(bystander.ask(R"({"v":1,"op":"create","ring":{"name":"ring"}})"), HasSubstr(R"("created":true)"));
    EXPECT_THAT(daemon.stop().errors, HasSubstr("ring ring: a client has taken its memory away"));
    daemon.expect_leftovers();
}

/// Whether a bystander is answered before all that another client has asked for is done.
bool is_served_between(const std::string& socket, RawClient& bystander) {
    constexpr int rounds = 8;
    RawClient busy(socket);
    for (int i = 0; i < rounds; ++i) {
        busy.send(R"({"v":1,"op":"create","ring":{"name":"large","slots":16,"slot_bytes":4194304}})");
        busy.send(R"({"v":1,"op":"remove","ring":"large"})");
    }
    EXPECT_TRUE(busy.receive());
    EXPECT_THAT(bystander.ask(greeting), HasSubstr(R"("ok":true)"));
    int done = 1;
    while (platform::wait_for_packet(busy.fd(), 0ms) && busy.receive()) ++done;
    for (int i = done; i < 2 * rounds; ++i) EXPECT_TRUE(busy.receive());
    return done < 2 * rounds;
}

TEST_F(HostileClients, ThatAskForMuchAtOnceWaitTheirTurn) {
    bool is_served = false;
    for (int i = 0; i < 5 && !is_served; ++i) is_served = is_served_between(daemon.socket(), bystander);
    EXPECT_TRUE(is_served);
}

TEST_F(HostileClients, ThatConnectAllTheTimeWaitTheirTurn) {
    std::atomic<bool> is_over{false};
    std::vector<std::thread> threads;
    threads.reserve(4);
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            while (!is_over) {
                std::string no_listener;
                platform::connect_to(daemon.socket(), no_listener);
            }
        });
    }
    try {
        for (int i = 0; i < 20; ++i) EXPECT_THAT(bystander.ask(greeting), HasSubstr(R"("ok":true)"));
    } catch (const std::exception& error) {
        ADD_FAILURE() << error.what();
    }
    is_over = true;
    for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace ringview::test
