#include <chrono>
#include <thread>

#include <gmock/gmock.h>
#include <ringview/ringview.hpp>

#include "support/daemon.hpp"
#include "support/few_descriptors.hpp"
#include "support/raw_client.hpp"

namespace ringview::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

void expect_quota(const std::string& message_part, const std::function<void()>& call) {
    try {
        call();
        ADD_FAILURE() << "no limit of " << message_part;
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Error::quota) << error.message();
        EXPECT_THAT(error.message(), HasSubstr(message_part));
        EXPECT_THAT(error.hint(), HasSubstr("[limits]"));
    }
}

TEST(DaemonLimits, OfRingsHoldUntilOneIsRemoved) {
    Daemon daemon("[limits]\nrings = 2\n");
    Client client = daemon.client();
    client.create({.name = "a"});
    client.create({.name = "b"});
    expect_quota("limit of rings: 2 in use", [&] { client.create({.name = "c"}); });
    EXPECT_FALSE(client.create({.name = "a"})) << "an equal ring takes nothing";
    client.remove("b");
    EXPECT_TRUE(client.create({.name = "c"}));
}

TEST(DaemonLimits, OfRingsPerUserHold) {
    Daemon daemon("[limits]\nrings_per_user = 1\n");
    Client client = daemon.client();
    client.create({.name = "a"});
    expect_quota("limit of rings per user: 1 in use", [&] { client.create({.name = "b"}); });
}

TEST(DaemonLimits, OfBytesHoldAndNothingIsLeftOfWhatWasRefused) {
    Daemon daemon("[limits]\nbytes = 1048576\n");
    Client client = daemon.client();
    expect_quota("limit of bytes: 0 in use", [&] { client.create({.name = "a", .slots = 16, .slot_bytes = 65536}); });
    EXPECT_TRUE(client.rings().empty());
    EXPECT_TRUE(client.create({.name = "a", .slots = 8, .slot_bytes = 65536}));
}

TEST(DaemonLimits, OfClientsHoldAndAreSaidToTheOneTooMany) {
    Daemon daemon("[limits]\nclients = 3\n");
    {
        const Client first = daemon.client();
        const Client second = daemon.client();
        const Client third = daemon.client();
        for (int i = 0; i < 20; ++i) expect_quota("the daemon has 3 clients", [&] { daemon.client(); });
    }
    const auto is_served = [&] {
        try {
            daemon.client();
            return true;
        } catch (const Error&) {
            return false;
        }
    };
    wait_until("a client served again", is_served);
}

TEST(DaemonLimits, OfSharedMemoryIsAClearErrorAndNotAFault) {
    Daemon daemon("[limits]\nbytes = 35184372088832\nbytes_per_user = 35184372088832\n");
    Client client = daemon.client();
    try {
        client.create({.name = "huge", .slots = std::uint64_t{1} << 20, .slot_bytes = std::uint64_t{1} << 24});
        ADD_FAILURE() << "16 TiB of shared memory";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Error::no_memory);
        EXPECT_THAT(error.message(), AllOf(HasSubstr("/dev/shm"), HasSubstr("free")));
    }
    EXPECT_TRUE(client.create({.name = "small"}));
}

std::size_t count_of(const std::string& part, const std::string& text) {
    std::size_t count = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
    return count;
}

TEST(DaemonLimits, OfDescriptorsAreToldOnceAndOverWhenSomeAreClosed) {
    if (sanitizer_needs_descriptors) GTEST_SKIP() << "the sanitizer needs descriptors of its own";
    Daemon daemon("[daemon]\nlog_level = \"info\"\n", {}, {"/bin/sh", "-c", "ulimit -n 24; exec \"$@\"", "sh"});
    {
        std::vector<RawClient> waiting;
        waiting.reserve(24);
        for (int i = 0; i < 24; ++i) waiting.emplace_back(daemon.socket());
        std::this_thread::sleep_for(std::chrono::milliseconds{450});  // several looks for a free descriptor
    }
    EXPECT_TRUE(daemon.client().rings().empty());
    const std::string log = daemon.stop().errors;
    // They are closed one after the other: a busy daemon may have accepted some by then, and run out once more.
    const std::size_t times_told = count_of("cannot accept a client: Too many open files", log);
    EXPECT_GE(times_told, 1U) << log;
    EXPECT_EQ(count_of("clients are accepted again", log), times_told) << log;
}

}  // namespace
}  // namespace ringview::test
