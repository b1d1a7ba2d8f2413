#include <chrono>
#include <map>
#include <memory>
#include <random>
#include <vector>

#include <gmock/gmock.h>
#include <ringview/ringview.hpp>

#include "support/daemon.hpp"
#include "support/numbered.hpp"

namespace ringview::test::several_producers_death_test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t capacity = 300;
constexpr unsigned producers = 3;

TEST(SeveralProducersDeath, AtRandomMomentsLeavesTheOthersAtWorkAndEachAGaplessStream) {
    Daemon daemon({}, {"--log-level", "warn"});
    Client client = daemon.client();
    client.create({.name = "ring", .shape = {-1}, .slots = 16, .slot_bytes = capacity, .producers = producers});
    Child other(helper("consume_tagged", {daemon.socket(), "ring", "other", std::to_string(capacity)}));
    EXPECT_EQ(other.read_line(), "attached");
    Consumer<> consumer = client.consumer("ring");
    const unsigned seed = std::random_device{}();
    std::mt19937 random(seed);
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::map<std::uint64_t, std::uint64_t> next;  // by line
    std::uint64_t received = 0;
    const auto receive = [&](std::chrono::nanoseconds patience_left) {
        const Message<> message = consumer.next(patience_left);
        if (!message) return false;
        const std::optional<Tag> tag = tag_of(message.bytes(), capacity);
        EXPECT_TRUE(tag) << "torn at " << message.position();
        if (!tag) return false;
        EXPECT_EQ(message.position(), received + consumer.tombstones());
        EXPECT_EQ(message.producer(), tag->producer);
        if (tag->number == 0) next[tag->producer] = 0;  // a new one has the line
        EXPECT_EQ(tag->number, next[tag->producer]++) << "of line " << tag->producer;
        ++received;
        return true;
    };
    std::vector<std::unique_ptr<Child>> children(producers);
    const auto line_of = [](const std::string& attached) { return attached.substr(attached.find(' ') + 1); };
    for (int round = 0; round < 40 && !testing::Test::HasFailure(); ++round) {
        for (auto& child : children) {
            if (child) continue;
            child = std::make_unique<Child>(helper("produce_tagged", {daemon.socket(), "ring", "0"}));
            EXPECT_LT(std::stoul(line_of(child->read_line())), producers);
        }
        // The number of messages decides the moment, and what the scheduler adds.
        for (std::uint64_t left = 1 + random() % 300; left > 0; --left) ASSERT_TRUE(receive(patience));
        auto& victim = children[random() % producers];
        victim->kill();
        victim.reset();
        // More than the ring holds: the others are not held up by what the dead one had claimed.
        for (std::uint64_t left = 40; left > 0; --left) ASSERT_TRUE(receive(patience));
        wait_until("the dead producer's line", [&] {
            receive(0ns);
            return client.stat("ring").producers.size() == producers - 1;
        });
    }
    for (auto& child : children) {
        if (child) child->kill();
    }
    wait_until("the dead producers' lines", [&] { return client.stat("ring").producers.empty(); });
    while (receive(0ns)) {
    }
    const RingInfo info = client.stat("ring");
    EXPECT_EQ(info.head, received + consumer.tombstones()) << "everything published was delivered";
    // Who is killed in the very act of leaving one may not count it; none of these abandons anything.
    EXPECT_EQ(info.tombstones, consumer.tombstones());
    EXPECT_EQ(info.published, received);
    client.remove("ring");
    const Ended ended = other.wait();
    EXPECT_EQ(ended.code, 0) << ended.errors;
    EXPECT_THAT(ended.output, testing::HasSubstr("done " + std::to_string(received)));
}

}  // namespace
}  // namespace ringview::test::several_producers_death_test
