#include <chrono>

#include <gmock/gmock.h>
#include <ringview/ringview.hpp>

#include "support/daemon.hpp"
#include "support/numbered.hpp"

namespace ringview::test::consumer_death_test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t capacity = 200;

class ConsumerDeath : public testing::Test {
 protected:
    ConsumerDeath() { client.create({.name = "ring", .shape = {-1}, .slots = 8, .slot_bytes = capacity}); }

    static void publish(Producer<>& producer, std::uint64_t number) {
        Slot<> slot = producer.reserve(patience);
        ASSERT_TRUE(slot) << slot.error().message();
        slot.resize(numbered_length(number, capacity));
        write_numbered(slot.bytes(), number);
        slot.publish();
    }

    Daemon daemon;
    Client client = daemon.client();
};

TEST_F(ConsumerDeath, WakesAProducerThatSleepsOnAFullRing) {
    Child holder(helper("hold", {daemon.socket(), "ring", "holder", "1"}));
    EXPECT_EQ(holder.read_line(), "attached");
    Child producer(helper("produce", {daemon.socket(), "ring", "100"}));
    wait_until("a producer that sleeps for the holder", [&] {
        const RingInfo info = client.stat("ring");
        return !info.producers.empty() && info.producers[0].waits_for == "holder";
    });
    EXPECT_FALSE(producer.has_ended());
    holder.kill();
    EXPECT_EQ(producer.wait().code, 0);
}

TEST_F(ConsumerDeath, WithEveryMessageHeldFreesTheRing) {
    Producer<> producer = client.producer("ring");
    Child holder(helper("hold", {daemon.socket(), "ring", "holder", "8"}));
    EXPECT_EQ(holder.read_line(), "attached");
    for (std::uint64_t number = 0; number < 8; ++number) publish(producer, number);
    EXPECT_EQ(holder.read_line(), "holds");
    EXPECT_EQ(producer.try_reserve().error(), Error::full);
    EXPECT_EQ(client.stat("ring").consumers.at(0).held, 8U);
    holder.kill();
    // More than the ring holds: the place itself is free, not only what was in it.
    for (std::uint64_t number = 8; number < 30; ++number) publish(producer, number);
    EXPECT_TRUE(client.stat("ring").consumers.empty());
}

TEST_F(ConsumerDeath, AtRandomMomentsDisturbsNeitherProducerNorSurvivor) {
    Child survivor(helper("consume", {daemon.socket(), "ring", "survivor", "0", std::to_string(capacity)}));
    EXPECT_EQ(survivor.read_line(), "attached");
    Child producer(helper("produce", {daemon.socket(), "ring", "0"}));
    producer.read_line();
    EXPECT_EQ(survivor.read_line(), "receives");
    const auto published = [&] { return client.stat("ring").published; };
    for (int round = 0; round < 40; ++round) {
        Child victim(helper("consume", {daemon.socket(), "ring", "victim", "0", std::to_string(capacity)}));
        EXPECT_EQ(victim.read_line(), "attached");
        // Anywhere between its first message and some thousandth.
        const std::uint64_t until = published() + static_cast<std::uint64_t>(round * 97);
        wait_until("data that flows", [&] { return published() > until; });
        victim.kill();
        wait_until("the victim's place", [&] { return client.stat("ring").consumers.size() == 1; });
    }
    const std::uint64_t then = published();
    wait_until("data that flows on", [&] { return published() > then + 1000; });
    client.remove("ring");
    const Ended ended = survivor.wait();
    EXPECT_EQ(ended.code, 0) << ended.errors;
    EXPECT_EQ(producer.wait().code, 0);
}

TEST_F(ConsumerDeath, LeavesItsSubscriptionToTheNext) {
    for (int round = 0; round < 80; ++round) {
        Child holder(helper("hold", {daemon.socket(), "ring", "same-name", "0"}));
        EXPECT_EQ(holder.read_line(), "attached");
        holder.kill();
        wait_until("its place", [&] { return client.stat("ring").consumers.empty(); });
    }
}

}  // namespace
}  // namespace ringview::test::consumer_death_test
