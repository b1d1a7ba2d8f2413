#include <chrono>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <ringview/ringview.hpp>

#include "support/daemon.hpp"
#include "support/numbered.hpp"
#include "support/publish_numbered.hpp"
#include "support/thrown_error.hpp"

namespace ringview::test {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;

class DurableConsumer : public testing::Test {
 protected:
    static constexpr std::uint64_t slots = 8;

    Producer<> make_producer() {
        client.create({.name = "ring", .shape = {64}, .slots = slots});
        return client.producer("ring");
    }
    void publish(std::uint64_t count) { publish_numbered(producer, published, count); }
    Consumer<> attach(Policy policy = Policy::lossless) {
        return client.consumer("ring", {.name = "archive", .policy = policy, .durable = true});
    }
    static void expect_message(Consumer<>& consumer, std::uint64_t number) {
        const Message<> message = consumer.try_next();
        ASSERT_TRUE(message) << message.error().message();
        EXPECT_EQ(message.position(), number);
        EXPECT_TRUE(is_numbered(message.bytes(), number));
    }
    ConsumerInfo info() { return client.stat("ring").consumers.at(0); }

    Daemon daemon;
    Client client = daemon.client();
    Producer<> producer = make_producer();
    std::uint64_t published = 0;
};

TEST_F(DurableConsumer, GoesOnAtTheFirstMessageThatWasNotReleased) {
    {
        Consumer<> consumer = attach();
        publish(4);
        expect_message(consumer, 0);
        expect_message(consumer, 1);
    }
    EXPECT_FALSE(info().alive);
    EXPECT_EQ(info().lag, 2U);
    publish(6);
    EXPECT_EQ(producer.try_reserve().error(), Error::full);
    EXPECT_EQ(producer.reserve(1ms).error(), Error::full);
    Consumer<> consumer = client.consumer("ring", {.name = "archive", .start = Start::newest});
    for (std::uint64_t number = 2; number < 10; ++number) expect_message(consumer, number);
    EXPECT_EQ(consumer.try_next().error(), Error::empty);
    EXPECT_EQ(consumer.lost(), 0U);
}

TEST_F(DurableConsumer, KeepsItsPlaceUntilTheLastMessageThatItHandedOutIsReleased) {
    std::vector<Message<>> held;
    {
        Consumer<> consumer = attach();
        publish(2);
        held.push_back(consumer.try_next());
    }
    EXPECT_TRUE(info().alive);
    EXPECT_THAT(message_of(Error::exists, [&] { attach(); }), HasSubstr("archive"));
    held.clear();
    EXPECT_FALSE(info().alive);
    Consumer<> consumer = attach();
    expect_message(consumer, 1);
}

TEST_F(DurableConsumer, ThatIsLossyIsPassedOverAndCountsWhatItLost) {
    {
        Consumer<> consumer = attach(Policy::lossy);
        publish(2);
        expect_message(consumer, 0);
    }
    publish(100);
    Consumer<> consumer = attach(Policy::lossy);
    const Message<> message = consumer.try_next();
    ASSERT_TRUE(message);
    EXPECT_EQ(message.lost_before(), message.position() - 1);
    EXPECT_EQ(consumer.lost(), message.position() - 1);
    EXPECT_EQ(info().lost, consumer.lost());
}

TEST_F(DurableConsumer, IsDeclaredBeforeItsProcessComes) {
    EXPECT_TRUE(client.subscribe("ring", {.name = "archive"}));
    EXPECT_FALSE(client.subscribe("ring", {.name = "archive"}));
    publish(3);
    Consumer<> consumer = attach();
    expect_message(consumer, 0);
    EXPECT_THAT(message_of(Error::busy, [&] { client.unsubscribe("ring", "archive"); }), HasSubstr("pid "));
}

TEST_F(DurableConsumer, ThatIsGivenUpFreesTheProducerThatSleepsForIt) {
    client.subscribe("ring", {.name = "archive"});
    { const Producer<> gone = std::move(producer); }
    Child sleeper(helper("produce", {daemon.socket(), "ring", "100"}));
    wait_until("a producer that sleeps for the subscription", [&] {
        const RingInfo ring = client.stat("ring");
        return !ring.producers.empty() && ring.producers[0].waits_for == "archive";
    });
    client.unsubscribe("ring", "archive");
    EXPECT_EQ(sleeper.wait().code, 0);
    EXPECT_TRUE(client.stat("ring").consumers.empty());
}

TEST_F(DurableConsumer, FromTheSettingsIsThereFromTheStart) {
    Daemon configured(R"(
[[ring]]
name = "camera"
slots = 4
[[ring.subscription]]
name = "recorder"
[[ring.subscription]]
name = "display"
policy = "lossy"
)");
    Client there = configured.client();
    Producer<> camera = there.producer("camera");
    for (int i = 0; i < 4; ++i) camera.try_reserve().publish();
    EXPECT_EQ(camera.try_reserve().error(), Error::full);
    Consumer<> recorder = there.consumer("camera", {.name = "recorder"});
    for (std::uint64_t i = 0; i < 4; ++i) EXPECT_EQ(recorder.try_next().position(), i);
    EXPECT_THAT(message_of(Error::exists, [&] { there.consumer("camera", {.name = "display"}); }),
                HasSubstr("is lossy"));
}

}  // namespace
}  // namespace ringview::test
