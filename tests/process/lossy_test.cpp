#include <chrono>
#include <vector>

#include <gmock/gmock.h>
#include <ringview/ringview.hpp>

#include "support/daemon.hpp"
#include "support/numbered.hpp"

namespace ringview::test {
namespace {

using namespace std::chrono_literals;

class LossyConsumer : public testing::Test {
 protected:
    static constexpr std::uint64_t slots = 8;

    LossyConsumer() { client.create({.name = "ring", .shape = {64}, .slots = slots}); }

    static void publish(Producer<>& producer, std::uint64_t first, std::uint64_t count) {
        for (std::uint64_t number = first; number < first + count; ++number) {
            Slot<> slot = producer.try_reserve();
            ASSERT_TRUE(slot) << number << ": " << slot.error().message();
            write_numbered(slot.bytes(), number);
            slot.publish();
        }
    }
    static bool holds_number(const AnyMessage& message, std::uint64_t number) {
        return is_numbered(message.bytes(), number);
    }
    ConsumerInfo consumer_info() { return client.stat("ring").consumers.at(0); }

    Daemon daemon;
    Client client = daemon.client();
};

TEST_F(LossyConsumer, IsLappedAndToldHowMuchItLost) {
    Producer<> producer = client.producer("ring");
    Consumer<> consumer = client.consumer("ring", {.name = "slow", .policy = Policy::lossy});
    publish(producer, 0, 100);
    const Message<> message = consumer.try_next();
    ASSERT_TRUE(message);
    EXPECT_GE(message.position(), 100 - slots);
    EXPECT_EQ(message.lost_before(), message.position());
    EXPECT_EQ(consumer.lost(), message.position());
    EXPECT_TRUE(holds_number(message, message.position()));
    EXPECT_EQ(consumer_info().policy, Policy::lossy);
    EXPECT_EQ(consumer_info().lost, message.position());
    EXPECT_EQ(consumer_info().held, 1U);
}

TEST_F(LossyConsumer, KeepsWhatItHoldsAlsoAcrossItsDaemonsDeath) {
    Producer<> producer = client.producer("ring");
    Consumer<> consumer = client.consumer("ring", {.policy = Policy::lossy});
    publish(producer, 0, 1);
    const Message<> held = consumer.try_next();
    ASSERT_TRUE(held);
    publish(producer, 1, 100);
    daemon.kill();
    publish(producer, 101, 100);
    EXPECT_TRUE(holds_number(held, 0));
}

TEST_F(LossyConsumer, BeginsWithTheLastMessageWhereItWantsTheNewest) {
    Producer<> producer = client.producer("ring");
    publish(producer, 0, 20);
    Consumer<> consumer = client.consumer("ring", {.policy = Policy::lossy, .start = Start::newest});
    {
        const Message<> message = consumer.try_next();
        ASSERT_TRUE(message);
        EXPECT_EQ(message.position(), 19U);
    }
    EXPECT_EQ(consumer.try_next().error(), Error::empty);
}

TEST_F(LossyConsumer, SharesItsRingWithLosslessOnesWhichSeeNoGap) {
    Producer<> producer = client.producer("ring");
    Consumer<> lossy = client.consumer("ring", {.name = "lossy", .policy = Policy::lossy});
    Consumer<> lossless = client.consumer("ring", {.name = "lossless"});
    publish(producer, 0, 1);
    const Message<> held = lossy.try_next();
    for (std::uint64_t number = 0; number < 100; ++number) {
        if (number != 0) publish(producer, number, 1);
        const Message<> message = lossless.next(20s);
        ASSERT_TRUE(message) << message.error().message();
        ASSERT_TRUE(holds_number(message, number)) << number;
    }
    EXPECT_TRUE(holds_number(held, 0));
    EXPECT_GT(lossless.tombstones(), 0U);
    EXPECT_EQ(client.stat("ring").tombstones, lossless.tombstones());
    EXPECT_EQ(client.stat("ring").published, 100U);
}

TEST_F(LossyConsumer, HoldsAtMostHalfOfTheRing) {
    Producer<> producer = client.producer("ring");
    Consumer<> consumer = client.consumer("ring", {.policy = Policy::lossy});
    publish(producer, 0, slots);
    std::vector<Message<>> held;
    for (std::uint64_t i = 0; i < slots / 2; ++i) held.push_back(consumer.try_next());
    EXPECT_EQ(consumer.try_next().error(), Error::too_many_held);
    held.pop_back();
    EXPECT_TRUE(consumer.try_next());
}

}  // namespace
}  // namespace ringview::test
