#include <chrono>

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

/// Where consumers begin, and where they jump to.
class Positions : public testing::Test {
 protected:
    static constexpr std::uint64_t slots = 256;

    Producer<> make_producer() {
        client.create({.name = "ring", .shape = {64}, .slots = slots, .history = 8});
        return client.producer("ring");
    }
    void publish(std::uint64_t count) { publish_numbered(producer, published, count); }
    static bool is_whole(const AnyMessage& message) { return is_numbered(message.bytes(), message.position()); }

    Daemon daemon;
    Client client = daemon.client();
    Producer<> producer = make_producer();
    std::uint64_t published = 0;
};

TEST_F(Positions, LatestGivesTheNewestMessageWhileTheOneBeforeIsStillHeld) {
    for (const Policy policy : {Policy::lossless, Policy::lossy}) {
        Consumer<> consumer = client.consumer("ring", {.name = "display", .policy = policy});
        const std::uint64_t first = published;
        publish(1);
        Message<> frame = consumer.latest();
        for (int round = 0; round < 10; ++round) {
            publish(200);
            frame = consumer.latest();
            ASSERT_TRUE(frame) << frame.error().message();
            EXPECT_EQ(frame.position(), published - 1);
            EXPECT_EQ(frame.lost_before(), 0U);
            EXPECT_TRUE(is_whole(frame));
        }
        EXPECT_EQ(11 + consumer.skipped(), published - first);
        EXPECT_EQ(consumer.lost(), 0U);
        EXPECT_EQ(client.stat("ring").consumers.at(0).skipped, consumer.skipped());
        EXPECT_EQ(client.stat("ring").consumers.at(0).pos, published - 1);
    }
}

TEST_F(Positions, LatestWaitsForWhatIsNewer) {
    Consumer<> consumer = client.consumer("ring");
    EXPECT_EQ(consumer.try_latest().error(), Error::empty);
    EXPECT_EQ(consumer.latest(1ms).error(), Error::empty);
    publish(3);
    consumer.latest().release();
    EXPECT_EQ(consumer.try_latest().error(), Error::empty);
    EXPECT_EQ(consumer.lag(), 0U);
}

TEST_F(Positions, AConsumerGoesOnWhereItRemembersToHaveBeen) {
    publish(100);
    std::uint64_t next = 0;
    {
        Consumer<> consumer = client.consumer("ring", {.start = Start::oldest});
        consumer.next().release();
        next = consumer.position();
    }
    Consumer<> consumer = client.consumer("ring", {.start_position = next});
    const Message<> message = consumer.try_next();
    ASSERT_TRUE(message);
    EXPECT_EQ(message.position(), next);
    EXPECT_TRUE(is_whole(message));
    EXPECT_EQ(message.lost_before(), 0U);
}

TEST_F(Positions, WhatIsKeptNoMoreCountsAsLostAndTheFirstMessageTellsIt) {
    publish(1000);
    for (const Policy policy : {Policy::lossless, Policy::lossy}) {
        Consumer<> consumer = client.consumer("ring", {.name = "late", .policy = policy, .start_position = 17});
        const std::uint64_t start = consumer.position();
        EXPECT_GE(start, 1000 - slots);
        EXPECT_EQ(client.stat("ring").consumers.at(0).lost, start - 17);
        const Message<> message = consumer.try_next();
        ASSERT_TRUE(message);
        EXPECT_EQ(message.position(), start);
        EXPECT_EQ(message.lost_before(), start - 17);
        EXPECT_EQ(consumer.lost(), start - 17);
    }
}

TEST_F(Positions, AboveHeadIsRefusedAndTakesNoPlace) {
    publish(5);
    for (const std::uint64_t position : {std::uint64_t{6}, ~std::uint64_t{0}}) {
        EXPECT_THAT(message_of(Error::invalid, [&] { client.consumer("ring", {.start_position = position}); }),
                    AllOf(HasSubstr("position " + std::to_string(position)), HasSubstr("ring ring, which is 5")));
    }
    EXPECT_TRUE(client.stat("ring").consumers.empty());
    EXPECT_EQ(client.consumer("ring", {.start_position = 5}).position(), 5U);
}

}  // namespace
}  // namespace ringview::test
