#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <ringview/platform/shared_memory.hpp>
#include <ringview/ringview.hpp>

#include "support/daemon.hpp"
#include "support/numbered.hpp"

namespace ringview::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::size_t slot_bytes = 64;

RingSpec numbered_ring(const std::string& name, std::uint64_t slots = 8) {
    return {.name = name, .shape = {-1}, .slots = slots, .slot_bytes = slot_bytes};
}

TEST(DaemonLeftovers, OfAKilledDaemonAreNotInTheWay) {
    Daemon daemon;
    daemon.client().create(numbered_ring("old"));
    daemon.kill();
    ASSERT_TRUE(std::filesystem::exists(daemon.socket()));
    ASSERT_FALSE(daemon.files_in_shm().empty());

    daemon.start();
    Client client = daemon.client();
    EXPECT_THAT(client.rings(), IsEmpty());
    EXPECT_TRUE(client.create(numbered_ring("old")));
    const Ended ended = daemon.stop();
    EXPECT_EQ(ended.code, 0);
    EXPECT_THAT(ended.errors, HasSubstr("ring old of a dead daemon removed"));
    EXPECT_THAT(daemon.files_in_shm(), IsEmpty());
}

TEST(DaemonLeftovers, HalfMadeOrDamagedSegmentsAreRemoved) {
    Daemon daemon;
    const std::string prefix = "/dev/shm/ringview." + daemon.instance();
    daemon.stop();
    std::ofstream(prefix + ".lonely.slots") << "no ring at all";
    std::ofstream(prefix + ".empty.cursors") << "";
    daemon.start();
    EXPECT_EQ(daemon.stop().code, 0);
    EXPECT_THAT(daemon.files_in_shm(), IsEmpty());
}

TEST(DaemonLeftovers, OfOtherInstancesAreNoBusinessOfIts) {
    Daemon other;
    other.client().create(numbered_ring("theirs"));
    const std::vector<std::string> before = other.files_in_shm();
    { Daemon daemon; }
    EXPECT_EQ(other.files_in_shm(), before);
}

/// Two processes that exchange numbered messages for ever.
struct Pair {
    explicit Pair(const Daemon& daemon, const std::string& ring)
        : consumer(helper("consume", {daemon.socket(), ring, "reader", "0", std::to_string(slot_bytes)})),
          producer((consumer.read_line(), helper("produce", {daemon.socket(), ring, "0"}))) {
        producer.read_line();
        EXPECT_EQ(consumer.read_line(), "receives");
    }
    Child consumer;
    Child producer;
};

TEST(DaemonLeftovers, WithLivingClientsAreLeftAloneAndReported) {
    Daemon daemon;
    daemon.client().create(numbered_ring("live"));
    Pair pair(daemon, "live");
    daemon.kill();
    daemon.start();

    Client client = daemon.client();
    try {
        client.create(numbered_ring("live"));
        ADD_FAILURE() << "the segments of living clients were taken away";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Error::exists);
        EXPECT_THAT(error.message(), AllOf(HasSubstr("still in use"), HasSubstr(std::to_string(pair.consumer.pid())),
                                           HasSubstr(std::to_string(pair.producer.pid()))));
    }
    EXPECT_FALSE(pair.consumer.has_ended());
    EXPECT_FALSE(pair.producer.has_ended());
    pair.producer.kill();
    pair.consumer.kill();
    EXPECT_TRUE(client.create(numbered_ring("live")));
    EXPECT_THAT(daemon.stop().errors, HasSubstr("ring live of a dead daemon is left alone: 2 of its clients live"));
}

TEST(DaemonLeftovers, OfAConfiguredRingDoNotKeepTheDaemonFromServing) {
    Daemon daemon("[[ring]]\nname = \"live\"\nshape = [-1]\nslots = 8\nslot_bytes = 64\n");
    Pair pair(daemon, "live");
    daemon.kill();
    daemon.start();
    EXPECT_TRUE(daemon.client().create(numbered_ring("another")));
    EXPECT_FALSE(pair.consumer.has_ended());
    EXPECT_THAT(daemon.stop().errors, HasSubstr("ring live of the configuration is not made"));
}

TEST(DaemonLeftovers, AreNoneWhereAClientDiesTogetherWithTheDaemon) {
    Daemon daemon;
    daemon.client().create(numbered_ring("ring"));
    Pair pair(daemon, "ring");
    // Stopped, so that the deaths and the wish to end reach it at once.
    daemon.process().signal(SIGSTOP);
    pair.producer.kill();
    pair.consumer.kill();
    daemon.process().signal(SIGTERM);
    daemon.process().signal(SIGCONT);
    EXPECT_EQ(daemon.process().wait().code, 0);
    EXPECT_THAT(daemon.files_in_shm(), IsEmpty());
}

TEST(DaemonLeftovers, OfARingInUseStayAtACleanEndAndAreSaid) {
    Daemon daemon;
    daemon.client().create(numbered_ring("used"));
    daemon.client().create(numbered_ring("idle"));
    const Pair pair(daemon, "used");
    daemon.expect_leftovers();
    const Ended ended = daemon.stop();
    EXPECT_EQ(ended.code, 0);
    EXPECT_THAT(ended.errors, HasSubstr("ring used is still in use"));
    EXPECT_EQ(daemon.files_in_shm().size(), 2U);
    EXPECT_FALSE(pair.consumer.has_ended());
}

}  // namespace
}  // namespace ringview::test
