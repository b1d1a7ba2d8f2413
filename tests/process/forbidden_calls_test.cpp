#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <ringview/ringview.hpp>

#include "support/daemon.hpp"

/// Processes that the kernel refuses membarrier or futex_waitv, as the sandboxes of containers may: on either side of a
/// ring, and under the daemon itself.
namespace ringview::test {
namespace {

using testing::Eq;

std::vector<std::string> without(const std::string& call, const std::vector<std::string>& command) {
    if (call.empty()) return command;
    std::vector<std::string> words = helper("without_call", {call});
    words.insert(words.end(), command.begin(), command.end());
    return words;
}

std::vector<std::string> launcher_without(const std::string& call) {
    return call.empty() ? std::vector<std::string>{} : helper("without_call", {call});
}

struct Case {
    std::string name;
    std::string client_misses{};
    std::string daemon_misses{};
    std::string waits_in = "next";
};

// NOLINTNEXTLINE(readability-identifier-naming): GoogleTest's name
void PrintTo(const Case& forbidden, std::ostream* out) {
    *out << forbidden.name;
}

class ForbiddenCalls : public testing::TestWithParam<Case> {};

INSTANTIATE_TEST_SUITE_P(Of, ForbiddenCalls,
                         testing::Values(Case{"Nobody"}, Case{"NobodyEventFd", "", "", "event_fd"},
                                         Case{"ClientMembarrier", "membarrier"},
                                         Case{"ClientMembarrierEventFd", "membarrier", "", "event_fd"},
                                         Case{"DaemonMembarrier", "", "membarrier"},
                                         Case{"DaemonMembarrierEventFd", "", "membarrier", "event_fd"},
                                         Case{"BothMembarrier", "membarrier", "membarrier"},
                                         Case{"BothMembarrierEventFd", "membarrier", "membarrier", "event_fd"},
                                         Case{"ClientFutexWaitv", "futex_waitv"},
                                         Case{"ClientFutexWaitvEventFd", "futex_waitv", "", "event_fd"}),
                         [](const auto& forbidden) { return forbidden.param.name; });

// Each message waits until the peer is asleep, so that it depends on being woken.
TEST_P(ForbiddenCalls, LetTheirRingsMoveOn) {
    constexpr std::int64_t count = 100;
    Daemon daemon({}, {}, launcher_without(GetParam().daemon_misses));
    Client client = daemon.client();
    for (const char* ring : {"there", "back"}) client.create({.name = ring, .format = "q", .slots = 2});
    auto consumer = client.consumer<std::int64_t>("back", {.name = "test"});
    auto producer = client.producer<std::int64_t>("there");
    Child peer(without(GetParam().client_misses, helper("echo", {daemon.socket(), "there", "back", "peer",
                                                                 std::to_string(count), GetParam().waits_in})));
    ASSERT_EQ(peer.read_line(), "attached");
    const bool polls = GetParam().client_misses == "futex_waitv" && GetParam().waits_in == "event_fd";
    for (std::int64_t number = 0; number < count; ++number) {
        if (!polls) wait_until("a peer that sleeps", [&] { return client.stat("there").consumers.at(0).waiting; });
        auto slot = producer.reserve(patience);
        ASSERT_TRUE(slot) << slot.error().message();
        *slot = number;
        slot.publish();
        const auto answer = consumer.next(patience);
        ASSERT_TRUE(answer) << answer.error().message();
        ASSERT_EQ(*answer, number);
    }
    const Ended ended = peer.wait();
    EXPECT_EQ(ended.code, 0) << ended.errors;
}

TEST_P(ForbiddenCalls, LetAStreamThroughWhole) {
    constexpr int count = 2000;
    Daemon daemon({}, {}, launcher_without(GetParam().daemon_misses));
    Client client = daemon.client();
    client.create({.name = "ring", .shape = {-1}, .slots = 4, .slot_bytes = 100});
    Child consumer(without(GetParam().client_misses,
                           helper("consume", {daemon.socket(), "ring", "consumer", std::to_string(count), "100"})));
    ASSERT_EQ(consumer.read_line(), "attached");
    Child producer(
        without(GetParam().client_misses, helper("produce", {daemon.socket(), "ring", std::to_string(count)})));
    EXPECT_THAT(producer.wait().code, Eq(0));
    const Ended ended = consumer.wait();
    EXPECT_EQ(ended.code, 0) << ended.errors;
}

}  // namespace
}  // namespace ringview::test
