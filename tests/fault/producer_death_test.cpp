#include <chrono>
#include <random>
#include <thread>

#include <gmock/gmock.h>
#include <ringview/ringview.hpp>

#include "support/daemon.hpp"
#include "support/numbered.hpp"

namespace ringview::test::producer_death_test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t capacity = 2000;

TEST(ProducerDeath, AtRandomMomentsLeavesAGaplessPrefixAndANewProducerGoesOn) {
    Daemon daemon;
    Client client = daemon.client();
    client.create({.name = "ring", .shape = {-1}, .slots = 16, .slot_bytes = capacity});
    Child other(helper("consume", {daemon.socket(), "ring", "other", "0", std::to_string(capacity)}));
    EXPECT_EQ(other.read_line(), "attached");
    Consumer<> consumer = client.consumer("ring");
    const unsigned seed = std::random_device{}();
    std::mt19937 random(seed);
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::uint64_t next = 0;
    const auto receive = [&](std::chrono::nanoseconds patience_left) {
        const Message<> message = consumer.next(patience_left);
        if (!message) return false;
        EXPECT_EQ(message.position(), next);
        EXPECT_TRUE(is_numbered(message.bytes(), next, capacity)) << "torn: " << next;
        ++next;
        return true;
    };
    for (int round = 0; round < 60; ++round) {
        Child producer(helper("produce", {daemon.socket(), "ring", "0"}));
        EXPECT_EQ(producer.read_line(), "attached " + std::to_string(next)) << "round " << round;
        // The number of messages decides the moment, and what the scheduler adds.
        for (std::uint64_t left = 1 + random() % 300; left > 0; --left) ASSERT_TRUE(receive(patience));
        producer.kill();
        wait_until("the dead producer's place", [&] { return client.stat("ring").producers.empty(); });
        while (receive(0ns)) {
        }
        EXPECT_EQ(client.stat("ring").head, next) << "everything published was delivered";
    }
    client.remove("ring");
    const Ended ended = other.wait();
    EXPECT_EQ(ended.code, 0) << ended.errors;
    EXPECT_THAT(ended.output, testing::HasSubstr("done " + std::to_string(next) + " "));
}

TEST(ProducerDeath, WithAReservationLeavesItUnpublished) {
    Daemon daemon;
    Client client = daemon.client();
    client.create({.name = "ring", .shape = {-1}, .slots = 4, .slot_bytes = capacity});
    Consumer<> consumer = client.consumer("ring");
    for (int round = 0; round < 10; ++round) {
        Child producer(helper("reserve_and_wait", {daemon.socket(), "ring"}));
        EXPECT_EQ(producer.read_line(), "reserved");
        producer.kill();
        wait_until("the dead producer's place", [&] { return client.stat("ring").producers.empty(); });
        EXPECT_EQ(consumer.try_next().error(), Error::empty);
    }
    EXPECT_EQ(client.stat("ring").head, 0U);
}

TEST(ProducerDeath, InItsSleepOnAFullRingLeavesTheRingUsable) {
    Daemon daemon;
    Client client = daemon.client();
    client.create({.name = "ring", .shape = {-1}, .slots = 4, .slot_bytes = capacity});
    Consumer<> consumer = client.consumer("ring");
    Child producer(helper("produce", {daemon.socket(), "ring", "0"}));
    wait_until("a producer that sleeps", [&] {
        const RingInfo info = client.stat("ring");
        return !info.producers.empty() && !info.producers[0].waits_for.empty();
    });
    producer.kill();
    wait_until("the dead producer's place", [&] { return client.stat("ring").producers.empty(); });
    Producer<> next = client.producer("ring");
    EXPECT_EQ(next.try_reserve().error(), Error::full);
    for (std::uint64_t number = 0; number < 4; ++number)
        EXPECT_TRUE(is_numbered(consumer.try_next().bytes(), number, capacity));
    EXPECT_FALSE(next.try_reserve().publish());
    EXPECT_EQ(consumer.try_next().position(), 4U);
}

}  // namespace
}  // namespace ringview::test::producer_death_test
