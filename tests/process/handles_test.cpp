#include <chrono>
#include <csignal>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <ringview/ringview.hpp>

#include "support/daemon.hpp"

namespace ringview::test {
namespace {

using namespace std::chrono_literals;

class Handles : public testing::Test {
 protected:
    Handles() { client.create({.name = "ring", .slots = 8}); }

    static std::uint8_t first_byte(const Message<>& message) { return static_cast<std::uint8_t>(message.bytes()[0]); }
    static void publish(Producer<>& producer, std::uint8_t value) {
        Slot<> slot = producer.reserve();
        slot.bytes()[0] = std::byte{value};
        slot.publish();
    }

    Daemon daemon;
    Client client = daemon.client();
};

TEST_F(Handles, OfBothEndsWorkInOneProcess) {
    Producer<> producer = client.producer("ring");
    std::vector<Consumer<>> consumers;
    consumers.reserve(20);
    for (int i = 0; i < 20; ++i) consumers.push_back(client.consumer("ring"));
    for (std::uint8_t value = 0; value < 100; ++value) {
        publish(producer, value);
        for (Consumer<>& consumer : consumers) EXPECT_EQ(first_byte(consumer.try_next()), value);
    }
}

TEST_F(Handles, OfBothEndsWorkInThreadsOfOneProcess) {
    constexpr int count = 5000;
    Producer<> producer = client.producer("ring");
    std::vector<std::thread> threads;
    threads.reserve(3);
    std::atomic<int> received{0};
    std::vector<Consumer<>> consumers;
    consumers.reserve(3);
    for (int i = 0; i < 3; ++i) consumers.push_back(client.consumer("ring"));
    for (Consumer<>& consumer : consumers) {
        threads.emplace_back([&] {
            for (int i = 0; i < count; ++i) received += first_byte(consumer.next()) == (i & 0xff) ? 1 : 0;
        });
    }
    for (int i = 0; i < count; ++i) publish(producer, static_cast<std::uint8_t>(i));
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(received, 3 * count);
}

TEST_F(Handles, OfManyRingsWorkInOneProcess) {
    std::vector<Producer<>> producers;
    std::vector<Consumer<>> consumers;
    for (int i = 0; i < 60; ++i) {
        const std::string name = "many/" + std::to_string(i);
        client.create({.name = name, .slots = 2});
        producers.push_back(client.producer(name));
        consumers.push_back(client.consumer(name));
    }
    for (std::size_t i = 0; i < producers.size(); ++i) publish(producers[i], static_cast<std::uint8_t>(i));
    for (std::size_t i = 0; i < consumers.size(); ++i) EXPECT_EQ(first_byte(consumers[i].next()), i);
}

TEST_F(Handles, OutliveTheirClient) {
    std::optional<Client> short_lived = daemon.client();
    Producer<> producer = short_lived->producer("ring");
    Consumer<> consumer = short_lived->consumer("ring");
    short_lived.reset();
    publish(producer, 5);
    EXPECT_EQ(first_byte(consumer.next()), 5);
    EXPECT_EQ(client.stat("ring").consumers.size(), 1U);
}

TEST_F(Handles, GiveTheirPlacesBackAtOnce) {
    {
        const Producer<> producer = client.producer("ring");
        const Consumer<> consumer = client.consumer("ring");
        EXPECT_EQ(client.stat("ring").producers.size(), 1U);
    }
    EXPECT_TRUE(client.stat("ring").producers.empty());
    EXPECT_TRUE(client.stat("ring").consumers.empty());
}

TEST_F(Handles, WaitForAStoppedDaemonOnlyAMomentAndGiveTheirPlacesBackOnceItGoesOn) {
    const auto start = std::chrono::steady_clock::now();
    {
        const Producer<> producer = client.producer("ring");
        std::vector<Consumer<>> consumers;
        consumers.reserve(20);
        for (int i = 0; i < 20; ++i) consumers.push_back(client.consumer("ring"));
        daemon.process().signal(SIGSTOP);
    }
    // One second for all of them; an answer that somebody needs is waited for a minute.
    EXPECT_LT(std::chrono::steady_clock::now() - start, 20s);
    daemon.process().signal(SIGCONT);
    // The answers that nobody waited for are not taken for these.
    EXPECT_TRUE(client.stat("ring").producers.empty());
    EXPECT_TRUE(client.stat("ring").consumers.empty());
}

TEST(ManyHandles, OfAStoppedDaemonEndAllTheSame) {
    Daemon daemon({}, {"--log-level", "warn"});  // nobody reads a log of a thousand places
    daemon.expect_leftovers();                   // of the places that there was no room to give back
    Client client = daemon.client();
    std::vector<Consumer<>> consumers;
    for (int ring = 0; ring < 20; ++ring) {
        const std::string name = "ring" + std::to_string(ring);
        client.create({.name = name, .slots = 8});
        for (int i = 0; i < 50; ++i) consumers.push_back(client.consumer(name));
    }
    const auto start = std::chrono::steady_clock::now();
    daemon.process().signal(SIGSTOP);
    consumers.clear();
    EXPECT_LT(std::chrono::steady_clock::now() - start, 20s);
    daemon.process().signal(SIGCONT);
    EXPECT_EQ(client.rings().size(), 20U);
}

TEST_F(Handles, LeaveTheirMessagesReadable) {
    Producer<> producer = client.producer("ring");
    std::optional<Consumer<>> consumer = client.consumer("ring");
    publish(producer, 1);
    publish(producer, 2);
    Message<> first = consumer->next();
    Message<> second = consumer->next();
    consumer.reset();
    // The ring is full of what the two hold: nothing of them is overwritten.
    while (Slot<> slot = producer.try_reserve()) {
        slot.bytes()[0] = std::byte{99};
        slot.publish();
    }
    EXPECT_EQ(first_byte(first), 1);
    second.release();
    EXPECT_EQ(client.stat("ring").consumers.size(), 1U);
    first.release();
    EXPECT_TRUE(client.stat("ring").consumers.empty()) << "the last message takes the place along";
}

TEST_F(Handles, LeaveTheirSlotWritable) {
    auto producer = std::make_unique<Producer<>>(client.producer("ring"));
    Consumer<> consumer = client.consumer("ring");
    Slot<> slot = producer->try_reserve();
    ASSERT_TRUE(slot);
    producer.reset();
    slot.bytes()[0] = std::byte{42};
    EXPECT_FALSE(slot.publish());
    EXPECT_EQ(first_byte(consumer.next()), 42);
    EXPECT_TRUE(client.stat("ring").producers.empty());
}

TEST_F(Handles, ThatWereMovedFromAnswerClosed) {
    Producer<> producer = client.producer("ring");
    Consumer<> consumer = client.consumer("ring");
    Producer<> other_producer = std::move(producer);
    Consumer<> other_consumer = std::move(consumer);
    // NOLINTBEGIN(bugprone-use-after-move,clang-analyzer-cplusplus.Move): what is tested
    EXPECT_EQ(producer.try_reserve().error(), Error::closed);
    EXPECT_EQ(producer.reserve().error(), Error::closed);
    EXPECT_EQ(producer.reserve(1ms).error(), Error::closed);
    EXPECT_EQ(consumer.try_next().error(), Error::closed);
    EXPECT_EQ(consumer.next().error(), Error::closed);
    EXPECT_EQ(consumer.next(1ms).error(), Error::closed);
    Slot<> slot = other_producer.reserve();
    Slot<> other_slot = std::move(slot);
    EXPECT_EQ(slot.error(), Error::closed);
    EXPECT_EQ(slot.publish(), Error::closed);
    EXPECT_EQ(slot.resize(0), Error::closed);
    EXPECT_EQ(slot.capacity(), 0U);
    other_slot.publish();
    Message<> message = other_consumer.next();
    const Message<> other_message = std::move(message);
    EXPECT_EQ(message.error(), Error::closed);
    // NOLINTEND(bugprone-use-after-move,clang-analyzer-cplusplus.Move)
    message.release();
    EXPECT_TRUE(other_message);
    EXPECT_EQ(client.stat("ring").consumers.at(0).held, 1U);
}

TEST_F(Handles, ThatWereMovedFromHaveNoRingAndNoNumbers) {
    Producer<> producer = client.producer("ring");
    Consumer<> consumer = client.consumer("ring");
    const Producer<> other_producer = std::move(producer);
    const Consumer<> other_consumer = std::move(consumer);
    // NOLINTBEGIN(bugprone-use-after-move,clang-analyzer-cplusplus.Move): what is tested
    EXPECT_EQ(producer.ring(), "");
    EXPECT_EQ(producer.format(), Format::bytes());
    EXPECT_EQ(producer.id(), 0U);
    EXPECT_EQ(producer.try_reserve(3).error(), Error::closed);
    EXPECT_EQ(producer.reserve(3).size(), 0U);
    EXPECT_EQ(consumer.ring(), "");
    EXPECT_EQ(consumer.format(), Format::bytes());
    EXPECT_EQ(consumer.lag() + consumer.lost() + consumer.tombstones() + consumer.skipped(), 0U);
    EXPECT_EQ(consumer.redelivered() + consumer.position(), 0U);
    EXPECT_EQ(consumer.try_next(3).error(), Error::closed);
    EXPECT_EQ(consumer.next(3).size(), 0U);
    EXPECT_EQ(consumer.latest().error(), Error::closed);
    EXPECT_EQ(consumer.try_latest().error(), Error::closed);
    EXPECT_THROW(consumer.event_fd(), Error);
    // NOLINTEND(bugprone-use-after-move,clang-analyzer-cplusplus.Move)
    EXPECT_EQ(other_consumer.ring(), "ring");
}

void expect_empty(Slot<std::uint8_t>& slot) {
    EXPECT_FALSE(slot);
    EXPECT_TRUE(slot.bytes().empty());
    EXPECT_TRUE(slot.elements().empty());
    EXPECT_EQ(slot.view().nbytes(), 0U);
    EXPECT_EQ(slot.capacity(), 0U);
    EXPECT_TRUE(slot.resize(0));
    EXPECT_TRUE(slot.publish());
}

void expect_empty(const Message<std::uint8_t>& message) {
    EXPECT_FALSE(message);
    EXPECT_TRUE(message.bytes().empty());
    EXPECT_TRUE(message.elements().empty());
    EXPECT_EQ(message.view().nbytes(), 0U);
    EXPECT_EQ(message.position() + message.lost_before() + message.producer(), 0U);
    EXPECT_EQ(message.published_at(), std::chrono::steady_clock::time_point{});
    EXPECT_FALSE(message.is_redelivered());
}

TEST_F(Handles, ToNoSlotAndNoMessageAreEmpty) {
    client.create({.name = "timed", .slots = 2, .producers = 2, .timestamps = true});
    auto consumer = client.consumer<std::uint8_t>("timed");
    const auto unused = client.producer("timed");
    auto producer = client.producer<std::uint8_t>("timed");
    for (int i = 0; i < 2; ++i) producer.reserve().publish();
    Slot<std::uint8_t> none = producer.try_reserve();
    expect_empty(none);
    consumer.next().release();

    auto message = consumer.next();
    EXPECT_GT(message.position() + message.producer(), 0U);
    auto moved_message = std::move(message);
    // NOLINTBEGIN(bugprone-use-after-move,clang-analyzer-cplusplus.Move): what is tested
    expect_empty(message);
    EXPECT_EQ(moved_message.position(), 1U);
    moved_message.release();
    expect_empty(moved_message);
    expect_empty(consumer.try_next());

    auto slot = producer.reserve();
    auto moved_slot = std::move(slot);
    expect_empty(slot);
    EXPECT_EQ(moved_slot.bytes().size(), 1U);
    // NOLINTEND(bugprone-use-after-move,clang-analyzer-cplusplus.Move)
    EXPECT_FALSE(moved_slot.publish());
    expect_empty(moved_slot);
}

TEST_F(Handles, OfAClientThatWasMovedFromThrowClosed) {
    Client moved = daemon.client();
    const Client other = std::move(moved);
    // NOLINTBEGIN(bugprone-use-after-move,clang-analyzer-cplusplus.Move): what is tested
    EXPECT_EQ(moved.socket(), "");
    const auto expect_closed = [](auto&& call) {
        try {
            call();
            ADD_FAILURE() << "it did something";
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), make_error_code(Error::closed));
        }
    };
    expect_closed([&] { moved.create({.name = "new"}); });
    expect_closed([&] { moved.remove("ring"); });
    expect_closed([&] { moved.rings(); });
    expect_closed([&] { moved.stat(); });
    expect_closed([&] { moved.stat("ring"); });
    expect_closed([&] { moved.subscribe("ring", {.name = "a"}); });
    expect_closed([&] { moved.unsubscribe("ring", "a"); });
    expect_closed([&] { moved.evict("ring", "a"); });
    expect_closed([&] { moved.shut_down_daemon(); });
    expect_closed([&] { moved.producer("ring"); });
    expect_closed([&] { moved.consumer("ring"); });
    // NOLINTEND(bugprone-use-after-move,clang-analyzer-cplusplus.Move)
}

TEST_F(Handles, AreReplacedByAssignment) {
    client.create({.name = "other"});
    Consumer<> consumer = client.consumer("ring", {.name = "a"});
    consumer = client.consumer("other", {.name = "b"});
    EXPECT_TRUE(client.stat("ring").consumers.empty());
    EXPECT_EQ(consumer.ring(), "other");
}

TEST_F(Handles, HoldSixtyFourMessagesAndSayWhenThatIsAll) {
    client.create({.name = "deep", .slots = 128});
    Producer<> producer = client.producer("deep");
    Consumer<> consumer = client.consumer("deep");
    for (std::uint8_t i = 0; i < 100; ++i) publish(producer, i);
    std::vector<Message<>> held;
    held.reserve(64);
    for (int i = 0; i < 64; ++i) held.push_back(consumer.try_next());
    EXPECT_EQ(consumer.try_next().error(), Error::too_many_held);
    EXPECT_EQ(consumer.next(1s).error(), Error::too_many_held) << "no wait can help";
    // Released in any order, the lowest last.
    while (held.size() > 1) held.erase(held.begin() + 1 + static_cast<std::ptrdiff_t>(held.size() / 2 - 1) % 63);
    EXPECT_EQ(client.stat("deep").consumers.at(0).pos, 0U);
    held.clear();
    EXPECT_EQ(client.stat("deep").consumers.at(0).pos, 64U);
    EXPECT_EQ(first_byte(consumer.next()), 64);
}

TEST_F(Handles, HoldOneMessageWhileAFewOthersComeAndGoBehindIt) {
    client.create({.name = "deep", .slots = 128});
    Producer<> producer = client.producer("deep");
    Consumer<> consumer = client.consumer("deep");
    for (std::uint8_t i = 0; i < 100; ++i) publish(producer, i);
    Message<> first = consumer.try_next();
    for (int i = 1; i < 64; ++i) EXPECT_EQ(first_byte(consumer.try_next()), i);
    EXPECT_EQ(consumer.try_next().error(), Error::too_many_held);
    first.release();
    EXPECT_EQ(first_byte(consumer.try_next()), 64);
}

}  // namespace
}  // namespace ringview::test
