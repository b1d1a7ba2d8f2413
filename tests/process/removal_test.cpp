#include <gmock/gmock.h>
#include <ringview/ringview.hpp>

#include "support/daemon.hpp"

namespace ringview::test {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

class Removal : public testing::Test {
 protected:
    Removal() { client.create(spec); }

    bool sleeps(const std::string& who) {
        const RingInfo info = client.stat("ring");
        if (who == "next") return !info.consumers.empty() && info.consumers[0].waiting;
        return !info.producers.empty() && !info.producers[0].waits_for.empty();
    }

    const RingSpec spec{.name = "ring", .slots = 4};
    Daemon daemon;
    Client client = daemon.client();
};

TEST_F(Removal, IsToldToBothSidesAtTheirNextCall) {
    Producer<> producer = client.producer("ring");
    Consumer<> consumer = client.consumer("ring");
    producer.reserve().publish();
    Slot<> slot = producer.reserve();
    client.remove("ring");
    EXPECT_FALSE(slot.publish()) << "what was begun is finished";
    EXPECT_EQ(producer.try_reserve().error(), Error::removed);
    EXPECT_EQ(producer.reserve().error(), Error::removed);
    EXPECT_TRUE(consumer.next()) << "what was published is delivered";
    EXPECT_TRUE(consumer.next());
    EXPECT_EQ(consumer.try_next().error(), Error::removed);
    EXPECT_EQ(consumer.next().error(), Error::removed);
}

TEST_F(Removal, WakesAConsumerFromItsSleep) {
    Child sleeper(helper("sleep_in", {daemon.socket(), "ring", "next"}));
    wait_until("a consumer that sleeps", [&] { return sleeps("next"); });
    client.remove("ring");
    EXPECT_EQ(sleeper.read_line(), "attached");
    EXPECT_EQ(sleeper.read_line(), make_error_code(Error::removed).message());
    EXPECT_EQ(sleeper.wait().code, 0);
}

TEST_F(Removal, WakesAProducerFromItsSleep) {
    const Consumer<> consumer = client.consumer("ring");
    Child sleeper(helper("sleep_in", {daemon.socket(), "ring", "reserve"}));
    wait_until("a producer that sleeps", [&] { return sleeps("reserve"); });
    client.remove("ring");
    EXPECT_EQ(sleeper.read_line(), "attached");
    EXPECT_EQ(sleeper.read_line(), "full");
    EXPECT_EQ(sleeper.read_line(), make_error_code(Error::removed).message());
    EXPECT_EQ(sleeper.wait().code, 0);
}

TEST_F(Removal, TakesTheSegmentsAwayAtOnceAndFreesTheName) {
    Producer<> old_producer = client.producer("ring");
    Consumer<> old_consumer = client.consumer("ring");
    client.remove("ring");
    EXPECT_THAT(daemon.files_in_shm(), SizeIs(1)) << "only the lock";
    EXPECT_THAT(client.rings(), IsEmpty());

    RingSpec other = spec;
    other.slots = 16;
    EXPECT_TRUE(client.create(other));
    Producer<> producer = client.producer("ring");
    Consumer<> consumer = client.consumer("ring");
    producer.reserve().publish();
    EXPECT_TRUE(consumer.next());
    EXPECT_EQ(old_consumer.try_next().error(), Error::removed);
}

TEST_F(Removal, LeavesTheNewRingAloneWhenTheLastMemberOfTheOldOneGoes) {
    std::optional<Consumer<>> old_consumer = client.consumer("ring");
    client.remove("ring");
    EXPECT_TRUE(client.create(spec));
    old_consumer.reset();
    EXPECT_THAT(daemon.files_in_shm(), SizeIs(3)) << "lock, slots and cursors";
    EXPECT_NO_THROW(client.consumer("ring"));
}

}  // namespace
}  // namespace ringview::test
