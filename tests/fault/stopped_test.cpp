#include <chrono>
#include <thread>

#include <gmock/gmock.h>
#include <ringview/ringview.hpp>

#include "support/daemon.hpp"

namespace ringview::test::stopped_test {
namespace {

constexpr std::size_t capacity = 100;

TEST(Stopped, ConsumerIsNotDeadAndTheProducerWaitsForItByName) {
    Daemon daemon;
    Client client = daemon.client();
    client.create({.name = "ring", .shape = {-1}, .slots = 8, .slot_bytes = capacity});
    Child consumer(helper("consume", {daemon.socket(), "ring", "sluggard", "0", std::to_string(capacity)}));
    EXPECT_EQ(consumer.read_line(), "attached");
    Child producer(helper("produce", {daemon.socket(), "ring", "0"}));
    EXPECT_EQ(consumer.read_line(), "receives");

    consumer.signal(SIGSTOP);
    wait_until("a producer that names who holds it up", [&] {
        const RingInfo info = client.stat("ring");
        return info.producers.at(0).waits_for == "sluggard" && info.used == 8;
    });
    const RingInfo stopped = client.stat("ring");
    ASSERT_EQ(stopped.consumers.size(), 1U);
    EXPECT_EQ(stopped.consumers[0].pid, consumer.pid());
    EXPECT_TRUE(stopped.consumers[0].alive);
    EXPECT_EQ(stopped.consumers[0].lag, 8U);
    // Longer than any sleep of the producer: it has looked again, and waits on.
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    EXPECT_EQ(client.stat("ring").head, stopped.head);

    consumer.signal(SIGCONT);
    wait_until("data that flows on", [&] { return client.stat("ring").head > stopped.head + 1000; });
    client.remove("ring");
    const Ended ended = consumer.wait();
    EXPECT_EQ(ended.code, 0) << ended.errors;
}

TEST(Stopped, ConsumerThatIsThenKilledFreesTheProducer) {
    Daemon daemon;
    Client client = daemon.client();
    client.create({.name = "ring", .shape = {-1}, .slots = 4, .slot_bytes = capacity});
    Child consumer(helper("consume", {daemon.socket(), "ring", "sluggard", "0", std::to_string(capacity)}));
    EXPECT_EQ(consumer.read_line(), "attached");
    consumer.signal(SIGSTOP);
    Child producer(helper("produce", {daemon.socket(), "ring", "50"}));
    wait_until("a full ring", [&] { return client.stat("ring").used == 4; });
    consumer.kill();
    EXPECT_EQ(producer.wait().code, 0);
}

}  // namespace
}  // namespace ringview::test::stopped_test
