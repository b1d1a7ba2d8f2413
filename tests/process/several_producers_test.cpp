#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <map>
#include <optional>
#include <vector>

#include <gmock/gmock.h>
#include <ringview/ringview.hpp>

#include "support/daemon.hpp"
#include "support/numbered.hpp"
#include "support/segment_kinds.hpp"
#include "support/thrown_error.hpp"

namespace ringview::test {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;

constexpr std::size_t capacity = 200;
constexpr std::uint64_t slots = 16;

class SeveralProducers : public testing::TestWithParam<SegmentKind> {
 protected:
    void create(std::uint32_t producers) {
        client.create(GetParam().of(
            {.name = "ring", .shape = {-1}, .slots = slots, .slot_bytes = capacity, .producers = producers}));
    }
    std::vector<std::string> tagged(std::uint64_t count) const {
        return helper("produce_tagged", {daemon.socket(), "ring", std::to_string(count)});
    }
    static void publish(Producer<>& producer, std::uint64_t number) {
        Slot<> slot = producer.reserve(patience);
        ASSERT_TRUE(slot) << slot.error().message();
        slot.resize(tagged_length(number, capacity));
        write_tagged(slot.bytes(), producer.id(), number);
        slot.publish();
    }
    /// The message, which must be whole and say who wrote it.
    static Tag tag_of_whole(const Message<>& message) {
        EXPECT_TRUE(message) << message.error().message();
        if (!message) return {};
        const std::optional<Tag> tag = tag_of(message.bytes(), capacity);
        EXPECT_TRUE(tag) << "torn at " << message.position();
        EXPECT_EQ(tag.value_or(Tag{}).producer, message.producer());
        return tag.value_or(Tag{});
    }

    Daemon daemon;
    Client client = daemon.client();
};

TEST_P(SeveralProducers, AreReadInOneOrderByEverybodyAndEachInItsOwn) {
    constexpr unsigned producers = 4;
    constexpr std::uint64_t messages = 3000;
    create(producers);
    Consumer<> one = client.consumer("ring", {.name = "one"});
    Consumer<> other = client.consumer("ring", {.name = "other"});
    std::vector<std::unique_ptr<Child>> children;
    for (unsigned i = 0; i < producers; ++i) children.push_back(std::make_unique<Child>(tagged(messages)));
    // None can end, and have its line taken by the next, before we read.
    for (const auto& child : children) EXPECT_THAT(child->read_line(), HasSubstr("attached"));
    std::map<std::uint64_t, std::uint64_t> next;
    for (std::uint64_t i = 0; i < producers * messages; ++i) {
        const Message<> message = one.next(patience);
        const Tag tag = tag_of_whole(message);
        ASSERT_EQ(tag.number, next[tag.producer]++) << "of producer " << tag.producer;
        const Message<> same = other.next(patience);
        ASSERT_EQ(same.position(), message.position());
        ASSERT_EQ(tag_of_whole(same).number, tag.number);
        ASSERT_EQ(same.producer(), message.producer());
    }
    EXPECT_EQ(next.size(), producers);
    for (const auto& child : children) EXPECT_EQ(child->wait().code, 0);
    EXPECT_EQ(one.tombstones(), 0U);
    EXPECT_EQ(client.stat("ring").published, producers * messages);
}

TEST_P(SeveralProducers, AreRefusedOnceAllLinesAreTakenAndToldByWhom) {
    create(2);
    Producer<> mine = client.producer("ring", {.name = "mine"});
    Child child(tagged(0));
    EXPECT_EQ(child.read_line(), "attached 1");
    const auto attach = [&] { client.producer("ring"); };
    EXPECT_THAT(message_of(Error::busy, attach),
                AllOf(HasSubstr("2 producers"), HasSubstr("pid " + std::to_string(getpid()) + " (mine)"),
                      HasSubstr("pid " + std::to_string(child.pid()))));
    child.kill();
    wait_until("the dead producer's line", [&] { return client.stat("ring").producers.size() == 1; });
    EXPECT_EQ(client.producer("ring").id(), 1U);
}

TEST_P(SeveralProducers, ASecondOneOnARingOfOneIsRefusedWithTheHoldersPid) {
    create(1);
    Producer<> producer = client.producer("ring", {.name = "mine"});
    EXPECT_THAT(message_of(Error::busy, [&] { client.producer("ring"); }),
                HasSubstr("one producer, and pid " + std::to_string(getpid()) + " (mine) is it"));
    Consumer<> consumer = client.consumer("ring");
    publish(producer, 0);
    EXPECT_EQ(consumer.try_next().producer(), 0U);
}

TEST_P(SeveralProducers, AReservationThatIsDroppedIsSteppedOver) {
    create(3);
    Consumer<> consumer = client.consumer("ring");
    Producer<> a = client.producer("ring");
    Producer<> b = client.producer("ring");
    {
        Slot<> dropped = a.reserve();
        publish(b, 5);
        EXPECT_EQ(consumer.try_next().error(), Error::empty) << "it may still be published";
    }
    EXPECT_EQ(tag_of_whole(consumer.try_next()).number, 5U);
    EXPECT_EQ(consumer.tombstones(), 1U);
    EXPECT_EQ(client.stat("ring").tombstones, 1U);
    EXPECT_EQ(client.stat("ring").published, 1U);
}

TEST_P(SeveralProducers, OneThatIsStoppedHoldsUpNoOtherBeforeTheRingIsFullAndItsDeathMakesRoom) {
    create(2);
    Consumer<> consumer = client.consumer("ring");
    Child stopped(helper("reserve_and_wait", {daemon.socket(), "ring"}));
    EXPECT_EQ(stopped.read_line(), "reserved");
    stopped.signal(SIGSTOP);
    Producer<> producer = client.producer("ring");
    for (std::uint64_t number = 0; number + 1 < slots; ++number) {
        Slot<> slot = producer.try_reserve();
        ASSERT_TRUE(slot) << number << ": " << slot.error().message();
        slot.resize(tagged_length(number, capacity));
        write_tagged(slot.bytes(), producer.id(), number);
        slot.publish();
    }
    EXPECT_EQ(producer.try_reserve().error(), Error::full);
    EXPECT_EQ(consumer.try_next().error(), Error::empty);
    const RingInfo info = client.stat("ring");
    EXPECT_EQ(info.published, slots - 1);
    EXPECT_EQ(info.producers.at(0).claimed, 1U) << "it is told who is in the way";
    EXPECT_EQ(info.producers.at(1).claimed, 0U);
    stopped.kill();
    for (std::uint64_t number = 0; number + 1 < slots; ++number)
        EXPECT_EQ(tag_of_whole(consumer.next(patience)).number, number);
    EXPECT_EQ(consumer.tombstones(), 1U);
    EXPECT_TRUE(producer.reserve(patience));
}

TEST_P(SeveralProducers, AForkedChildThatDropsASlotLeavesItsParentsReservation) {
    create(2);
    Consumer<> consumer = client.consumer("ring");
    std::optional<Producer<>> producer = client.producer("ring");
    std::optional<Slot<>> slot = producer->reserve();
    const pid_t child = fork();
    if (child == 0) {
        slot.reset();
        producer.reset();
        _exit(0);
    }
    int status = -1;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(consumer.try_next().error(), Error::empty);
    EXPECT_EQ(consumer.tombstones(), 0U);
    slot->resize(tagged_length(9, capacity));
    write_tagged(slot->bytes(), producer->id(), 9);
    slot->publish();
    EXPECT_EQ(tag_of_whole(consumer.try_next()).number, 9U);
}

TEST_P(SeveralProducers, LapALossyConsumerWithoutTouchingWhatItHolds) {
    create(3);
    Child a(tagged(0));
    Child b(tagged(0));
    Consumer<> consumer = client.consumer("ring", {.policy = Policy::lossy});
    std::map<std::uint64_t, std::uint64_t> next;
    const std::uint64_t first = consumer.position();
    std::uint64_t delivered = 0;
    for (int round = 0; round < 200; ++round) {
        const Message<> held = consumer.next(patience);
        const Tag tag = tag_of_whole(held);
        const std::uint64_t head = client.stat("ring").head;
        wait_until("several laps", [&] { return client.stat("ring").head > head + 2 * slots; });
        EXPECT_EQ(tag_of_whole(held).number, tag.number) << "a held message was overwritten";
        EXPECT_GE(tag.number, next[tag.producer]) << "of producer " << tag.producer;
        next[tag.producer] = tag.number + 1;
        ++delivered;
    }
    EXPECT_GT(consumer.lost(), 0U);
    EXPECT_EQ(delivered + consumer.lost() + consumer.tombstones(), consumer.position() - first);
}

INSTANTIATE_TEST_SUITE_P(Segments, SeveralProducers, segment_kinds, name_of_kind);

}  // namespace
}  // namespace ringview::test
