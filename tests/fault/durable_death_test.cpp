#include <chrono>

#include <gmock/gmock.h>
#include <ringview/ringview.hpp>

#include "single_step.hpp"
#include "support/daemon.hpp"
#include "support/numbered.hpp"

namespace ringview::test::durable_death_test {
namespace {

constexpr std::size_t capacity = numbered_least_bytes;
constexpr std::uint64_t slots = 4;

/// A durable subscription whose consumer is killed, and the next one of its name.
class DurableDeath : public testing::Test {
 protected:
    DurableDeath() {
        client.create({.name = "ring", .shape = {-1}, .slots = slots, .slot_bytes = capacity});
        client.create({.name = "marking",
                       .shape = {-1},
                       .slots = slots,
                       .slot_bytes = capacity,
                       .stall_timeout = std::chrono::hours(1)});
    }

    /// A consumer is killed at every instruction of next and release, and another goes on.
    void kill_and_go_on(const std::string& ring);
    void publish(Producer<>& producer) {
        Slot<> slot = producer.reserve(patience);
        ASSERT_TRUE(slot) << slot.error().message();
        slot.resize(capacity);
        write_numbered(slot.bytes(), published++);
        slot.publish();
    }
    ConsumerInfo info(const std::string& ring = "ring") { return client.stat(ring).consumers.at(0); }
    void wait_until_away(const std::string& ring = "ring") {
        wait_until("the dead consumer's going", [&] { return !info(ring).alive; });
    }

    Daemon daemon{{}, {"--log-level", "warn"}};
    Client client = daemon.client();
    std::uint64_t published = 0;
};

void DurableDeath::kill_and_go_on(const std::string& ring) {
    client.subscribe(ring, {.name = "stepped"});
    Producer<> producer = client.producer(ring);
    std::uint64_t expected = 0;  // the first that was not released
    bool was_released = false;
    const auto prepare = [&] {
        while (published < expected + slots) publish(producer);
    };
    kill_at_instructions(helper("step", {daemon.socket(), ring, "next"}), prepare, [&](bool is_done) {
        wait_until_away(ring);
        const std::uint64_t pos = info(ring).pos;
        EXPECT_TRUE(pos == expected || pos == expected + 1) << pos;
        if (is_done) {
            EXPECT_EQ(pos, expected + 1);
        } else {
            EXPECT_TRUE(pos == expected + 1 || !was_released) << "released by fewer instructions, not by more";
            was_released = pos == expected + 1;
        }
        EXPECT_EQ(info(ring).held, 0U);
        Consumer<> next = client.consumer(ring, {.name = "stepped"});
        EXPECT_EQ(next.lost(), 0U);
        for (std::uint64_t number = pos; number < published; ++number) {
            const Message<> message = next.try_next();
            ASSERT_TRUE(message) << message.error().message();
            EXPECT_EQ(message.position(), number);
            EXPECT_TRUE(is_numbered(message.bytes(), number, capacity)) << number;
        }
        expected = published;
    });
    EXPECT_TRUE(was_released) << "no kill hit the moment after the store that releases";
    EXPECT_EQ(client.stat(ring).tombstones, 0U);
}

TEST_F(DurableDeath, AtEveryInstructionOfNextAndReleaseTheNextConsumerGoesOnAtTheFirstUnreleasedMessage) {
    kill_and_go_on("ring");
}

TEST_F(DurableDeath, AtEveryInstructionWhereConsumersMarkWhatTheyHoldTheNextGoesOnThereToo) {
    kill_and_go_on("marking");
}

TEST_F(DurableDeath, AtEveryInstructionOfALossyNextWhatItHeldTiesNoSlotDown) {
    client.subscribe("ring", {.name = "stepped", .policy = Policy::lossy});
    Producer<> producer = client.producer("ring");
    const auto prepare = [&] {
        for (std::uint64_t i = 0; i < slots; ++i) publish(producer);
    };
    kill_at_instructions(helper("step", {daemon.socket(), "ring", "lossy_next"}), prepare, [&](bool) {
        wait_until_away();
        for (std::uint64_t i = 0; i < 3 * slots; ++i) publish(producer);
        EXPECT_EQ(client.stat("ring").tombstones, 0U);
        const std::uint64_t pos = info().pos;
        Consumer<> next = client.consumer("ring", {.name = "stepped", .policy = Policy::lossy});
        const Message<> message = next.try_next();
        ASSERT_TRUE(message) << message.error().message();
        EXPECT_EQ(message.lost_before(), message.position() - pos);
        EXPECT_TRUE(is_numbered(message.bytes(), message.position(), capacity));
    });
}

TEST_F(DurableDeath, AtRandomMomentsEveryMessageIsReadByOneOfItsConsumers) {
    client.subscribe("ring", {.name = "archive"});
    Child producer(helper("produce", {daemon.socket(), "ring", "0"}));
    producer.read_line();
    std::uint64_t reached = 0;
    for (int round = 0; round < 30; ++round) {
        // It begins at its own position and fails where a message is missing or torn.
        Child victim(helper("consume", {daemon.socket(), "ring", "archive", "0", std::to_string(capacity)}));
        EXPECT_EQ(victim.read_line(), "attached");
        EXPECT_EQ(victim.read_line(), "receives");
        const std::uint64_t until = info().pos + static_cast<std::uint64_t>(round * 37);
        wait_until("messages that are read", [&] { return info().pos >= until; });
        EXPECT_EQ(info().lost, 0U);
        victim.kill();
        wait_until_away();
        EXPECT_GE(info().pos, reached) << "what was released once is not delivered again";
        reached = info().pos;
        EXPECT_LE(client.stat("ring").head - reached, slots);
    }
    client.remove("ring");
    EXPECT_EQ(producer.wait().code, 0);
}

}  // namespace
}  // namespace ringview::test::durable_death_test
