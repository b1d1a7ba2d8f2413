#include <optional>

#include <gmock/gmock.h>
#include <ringview/ringview.hpp>

#include "support/daemon.hpp"
#include "support/numbered.hpp"

namespace ringview::test::daemon_death_test {
namespace {

constexpr std::size_t capacity = 500;

class DaemonDeath : public testing::Test {
 protected:
    DaemonDeath() { client.create({.name = "ring", .shape = {-1}, .slots = 8, .slot_bytes = capacity}); }

    Daemon daemon;
    Client client = daemon.client();
};

TEST_F(DaemonDeath, WhileDataFlowsLosesNothing) {
    constexpr std::uint64_t count = 5000;
    std::vector<Child> consumers;
    for (const char* name : {"one", "two"}) {
        consumers.emplace_back(
            helper("consume", {daemon.socket(), "ring", name, std::to_string(count), std::to_string(capacity)}));
        EXPECT_EQ(consumers.back().read_line(), "attached");
    }
    Consumer<> pacer = client.consumer("ring");
    Child producer(helper("produce", {daemon.socket(), "ring", std::to_string(count)}));
    EXPECT_EQ(producer.read_line(), "attached 0");
    // Nobody gets further than this consumer lets them.
    for (std::uint64_t number = 0; number < count; ++number) {
        const Message<> message = pacer.next(patience);
        ASSERT_TRUE(message) << message.error().message();
        EXPECT_TRUE(is_numbered(message.bytes(), number, capacity)) << number;
        if (number == count / 10) daemon.kill();
    }
    EXPECT_EQ(producer.wait().code, 0);
    for (Child& consumer : consumers) {
        const Ended ended = consumer.wait();
        EXPECT_EQ(ended.code, 0) << ended.errors;
        EXPECT_THAT(ended.output, testing::HasSubstr("done " + std::to_string(count)));
    }
}

TEST_F(DaemonDeath, LeavesSleepersThatWakeEachOther) {
    Producer<> producer = client.producer("ring");
    Child consumer(helper("consume", {daemon.socket(), "ring", "sleeper", "3", std::to_string(capacity)}));
    EXPECT_EQ(consumer.read_line(), "attached");
    wait_until("a consumer that sleeps", [&] { return client.stat("ring").consumers.at(0).waiting; });
    daemon.kill();
    for (std::uint64_t number = 0; number < 3; ++number) {
        Slot<> slot = producer.reserve();
        slot.resize(numbered_length(number, capacity));
        write_numbered(slot.bytes(), number);
        slot.publish();
    }
    EXPECT_EQ(consumer.wait().code, 0);
}

TEST_F(DaemonDeath, LetsClientsGoOnAfterANewOneHasStarted) {
    Producer<> producer = client.producer("ring");
    Consumer<> consumer = client.consumer("ring");
    daemon.kill();
    daemon.start();
    for (int i = 0; i < 100; ++i) {
        EXPECT_FALSE(producer.try_reserve().publish());
        EXPECT_TRUE(consumer.try_next());
    }
    EXPECT_TRUE(client.create({.name = "new"}));
}

TEST_F(DaemonDeath, LetsAConsumerSeeWhetherAProducersProcessRuns) {
    const Consumer<> consumer = client.consumer("ring");
    EXPECT_FALSE(consumer.has_running_producer());
    {
        const Producer<> producer = client.producer("ring");
        EXPECT_TRUE(consumer.has_running_producer());
    }
    EXPECT_FALSE(consumer.has_running_producer());
    Child producer(helper("produce", {daemon.socket(), "ring", "100"}));
    EXPECT_EQ(producer.read_line(), "attached 0");
    daemon.kill();
    EXPECT_TRUE(consumer.has_running_producer());  // the ring is full
    producer.kill();
    EXPECT_FALSE(consumer.has_running_producer());
}

TEST_F(DaemonDeath, DoesNotKeepHandlesFromBeingClosed) {
    std::optional<Producer<>> producer = client.producer("ring");
    std::optional<Consumer<>> consumer = client.consumer("ring");
    daemon.kill();
    producer.reset();
    consumer.reset();
    daemon.start();
    EXPECT_TRUE(daemon.client().create({.name = "new"}));
}

TEST_F(DaemonDeath, DoesNotLetAnOldHandleTakeTheNewOnesPlace) {
    std::optional<Producer<>> old_producer = client.producer("ring");
    daemon.kill();
    daemon.start();
    client.create({.name = "new"});
    const Producer<> producer = client.producer("new");
    old_producer.reset();
    EXPECT_EQ(client.stat("new").producers.size(), 1U);
}

}  // namespace
}  // namespace ringview::test::daemon_death_test
