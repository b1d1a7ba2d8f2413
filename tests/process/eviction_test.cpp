#include <unistd.h>

#include <chrono>
#include <memory>
#include <system_error>
#include <thread>
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

/// Consumers that hold their ring up, each of which the daemon sees stand still.
class EvictedConsumer : public testing::Test {
 protected:
    static constexpr std::uint64_t slots = 8;

    Producer<> make_producer() {
        client.create({.name = "ring",
                       .shape = {64},
                       .slots = slots,  // Long enough to take two messages in also on a busy machine.
                       .stall_timeout = 1s});
        client.create({.name = "patient", .shape = {64}, .slots = slots});
        return client.producer("ring");
    }
    void publish(std::uint64_t count) { publish_numbered(producer, published, count); }
    ConsumerInfo info() { return client.stat("ring").consumers.at(0); }

    Daemon daemon{{}, {"--log-level", "warn"}};
    Client client = daemon.client();
    Producer<> producer = make_producer();
    std::uint64_t published = 0;
};

TEST_F(EvictedConsumer, IsToldAndKeepsWhatItHoldsWhileTheProducerGoesOn) {
    auto consumer = std::make_unique<Consumer<>>(client.consumer("ring", {.name = "slow"}));
    publish(2);
    std::vector<Message<>> held;
    held.push_back(consumer->try_next());
    held.push_back(consumer->try_next());
    publish(100);  // waits until the consumer is evicted
    EXPECT_TRUE(info().evicted);
    EXPECT_EQ(consumer->try_next().error(), Error::evicted);
    EXPECT_EQ(consumer->next(20s).error(), Error::evicted);
    for (std::uint64_t number = 0; number < 2; ++number)
        EXPECT_TRUE(is_numbered(held[number].bytes(), number)) << number;
    held.clear();
    consumer.reset();
    EXPECT_TRUE(client.stat("ring").consumers.empty());
    EXPECT_NO_THROW(client.consumer("ring", {.name = "slow"}));
    daemon.expect_leftovers();
    EXPECT_THAT(daemon.stop().errors, HasSubstr("consumer slow (pid " + std::to_string(getpid()) + ") evicted"));
}

TEST_F(EvictedConsumer, ThatIsStoppedKeepsNobodyAndWhatItHeldGoesWithIt) {
    publish(2);
    Child holder(helper("hold", {daemon.socket(), "ring", "holder", "2"}));
    EXPECT_EQ(holder.read_line(), "attached");
    EXPECT_EQ(holder.read_line(), "holds");
    holder.signal(SIGSTOP);
    publish(50);
    EXPECT_TRUE(info().evicted);
    EXPECT_EQ(info().held, 2U);
    const std::uint64_t tombstones = client.stat("ring").tombstones;
    EXPECT_GT(tombstones, 0U);
    holder.kill();
    wait_until("its place", [&] { return client.stat("ring").consumers.empty(); });
    const std::uint64_t then = client.stat("ring").tombstones;
    publish(50);
    EXPECT_EQ(client.stat("ring").tombstones, then);
}

TEST_F(EvictedConsumer, ThatReleasesMeanwhileGoesOnAtTheFirstMessageThatItDidNotRelease) {
    std::uint64_t unreleased = 0;
    for (int i = 0; i < 300; ++i) {
        Consumer<> consumer = client.consumer("ring", {.name = "busy", .durable = true});
        ASSERT_EQ(consumer.position() - consumer.lost(), unreleased) << i;
        std::thread evicts([&] { client.evict("ring", "busy"); });
        std::error_code error;
        do {
            if (Slot<> slot = producer.try_reserve()) slot.publish();
            error = consumer.try_next().error();
        } while (!error || error == Error::empty);
        evicts.join();
        EXPECT_EQ(error, Error::evicted);
        unreleased = consumer.position();
    }
}

TEST_F(EvictedConsumer, OnRequestGoesAtOnceWhereItMarksWhatItHoldsAndElsewhereByForceOnly) {
    Consumer<> marking = client.consumer("ring", {.name = "a"});
    client.evict("ring", "a");
    EXPECT_EQ(marking.try_next().error(), Error::evicted);
    Consumer<> plain = client.consumer("patient", {.name = "b"});
    EXPECT_THAT(message_of(Error::unsupported, [&] { client.evict("patient", "b"); }),
                HasSubstr("pid " + std::to_string(getpid())));
    EXPECT_EQ(plain.try_next().error(), Error::empty);
    client.evict("patient", "b", Evict::by_force);
    EXPECT_EQ(plain.next(20s).error(), Error::evicted);
}

}  // namespace
}  // namespace ringview::test
