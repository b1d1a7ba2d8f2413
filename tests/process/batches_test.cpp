#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include <gtest/gtest.h>
#include <ringview/ringview.hpp>

#include "support/daemon.hpp"

namespace ringview::test {
namespace {

using namespace std::chrono_literals;

struct Sample {
    std::uint64_t number;
    double value;
};
BOOST_DESCRIBE_STRUCT(Sample, (), (number, value))

class Batches : public testing::Test {
 protected:
    static Client with_ring(Client client) {
        client.create({.name = "samples", .format = format_of<Sample>(), .slots = 128});
        return client;
    }
    static void publish(Producer<Sample>& producer, std::uint64_t number, std::size_t count) {
        SlotBatch<Sample> slots = producer.reserve(count);
        ASSERT_EQ(slots.size(), count) << slots.error().message();
        for (std::size_t i = 0; i < count; ++i) {
            slots[i]->number = number + i;
            slots[i]->value = 0.5 * static_cast<double>(number + i);
        }
        ASSERT_FALSE(slots.publish());
        EXPECT_FALSE(slots);
        EXPECT_EQ(slots.error(), Error::closed);
    }

    Daemon daemon;
    Client client = with_ring(daemon.client());
    Producer<Sample> producer = client.producer<Sample>("samples");
    Consumer<Sample> consumer = client.consumer<Sample>("samples");
};

TEST_F(Batches, ArriveInOrderAndInPlaceWhateverTheSizesOnEachSide) {
    std::uint64_t number = 0;
    std::uint64_t expected = 0;
    for (const std::size_t size : {1U, 7U, 32U, 64U, 3U}) {
        publish(producer, number, size);
        number += size;
        while (const auto messages = consumer.try_next(10)) {
            EXPECT_LE(messages.size(), 10U);
            for (const auto message : messages) {
                EXPECT_EQ(message->number, expected);
                EXPECT_EQ(message.position(), expected);
                EXPECT_EQ(message->value, 0.5 * static_cast<double>(expected));
                EXPECT_EQ(message.view().format().itemsize(), sizeof(Sample));
                ++expected;
            }
        }
        EXPECT_EQ(expected, number);
    }
    EXPECT_EQ(client.stat("samples").published, number);
    EXPECT_EQ(client.stat("samples").used, 0U);
}

TEST_F(Batches, LieInARowInMemoryUpToWhereTheRingBeginsAnew) {
    publish(producer, 0, 40);
    while (consumer.try_next(64)) {
    }
    publish(producer, 40, 64);
    publish(producer, 104, 24);
    publish(producer, 128, 6);
    std::vector<const std::byte*> payloads;
    while (const auto messages = consumer.try_next(64)) {
        for (const auto message : messages) payloads.push_back(message.bytes().data());
    }
    ASSERT_EQ(payloads.size(), 94U);
    const std::ptrdiff_t stride = payloads[1] - payloads[0];
    EXPECT_GE(stride, static_cast<std::ptrdiff_t>(sizeof(Sample)));
    for (std::size_t i = 1; i < payloads.size(); ++i)
        EXPECT_EQ(payloads[i] - payloads[i - 1], i == 128 - 40 ? -127 * stride : stride) << i;
}

TEST_F(Batches, HoldTheirSlotsUntilTheyAreReleased) {
    publish(producer, 0, 64);
    publish(producer, 64, 64);
    {
        auto held = consumer.next(64);
        ASSERT_EQ(held.size(), 64U);
        EXPECT_EQ(producer.try_reserve(1).error(), Error::full);
        EXPECT_EQ(consumer.try_next(1).error(), Error::too_many_held);
        EXPECT_EQ(client.stat("samples").consumers.at(0).held, 64U);
    }
    EXPECT_EQ(producer.try_reserve(128).size(), 64U) << "what a batch held is free again; no batch has more than 64";
    EXPECT_EQ(consumer.next(64).size(), 64U);
}

TEST_F(Batches, PublishedInPartGiveTheRestBack) {
    {
        auto slots = producer.reserve(10);
        ASSERT_EQ(slots.size(), 10U);
        for (std::size_t i = 0; i < 10; ++i) slots[i]->number = i;
        EXPECT_EQ(slots.publish(11), Error::invalid);
        EXPECT_EQ(producer.try_reserve().error(), Error::busy);
        ASSERT_FALSE(slots.publish(4));
    }
    { const auto abandoned = producer.reserve(5); }
    EXPECT_EQ(consumer.next(64).size(), 4U);
    EXPECT_EQ(consumer.try_next(64).error(), Error::empty);
    EXPECT_EQ(client.stat("samples").published, 4U);
}

TEST_F(Batches, OfNothingOrOfMoreThanTheRingHasAreErrors) {
    EXPECT_EQ(producer.reserve(0).error(), Error::invalid);
    EXPECT_EQ(producer.reserve(129).error(), Error::invalid);
    EXPECT_EQ(consumer.next(0).error(), Error::invalid);
    EXPECT_EQ(consumer.next(1000, 1ms).error(), Error::empty) << "more than there can be is simply never filled";
}

TEST_F(Batches, OutliveTheirHandles) {
    publish(producer, 0, 3);
    auto other_producer = std::make_unique<Producer<Sample>>(std::move(producer));
    auto other_consumer = std::make_unique<Consumer<Sample>>(std::move(consumer));
    auto slots = other_producer->reserve(2);
    const auto messages = other_consumer->next(3);
    other_producer.reset();
    other_consumer.reset();
    slots[0]->number = 7;
    EXPECT_EQ(slots[0]->number, 7U);
    ASSERT_EQ(messages.size(), 3U);
    EXPECT_EQ(messages[2]->number, 2U);
    EXPECT_EQ(producer.reserve(1).error(), Error::closed);   // NOLINT(bugprone-use-after-move): which this is about
    EXPECT_EQ(consumer.try_next(1).error(), Error::closed);  // NOLINT(bugprone-use-after-move)
}

TEST_F(Batches, OfVaryingLengthAreResizedOneByOne) {
    client.create({.name = "bytes", .shape = {-1}, .slots = 8, .slot_bytes = 100});
    auto bytes_producer = client.producer("bytes");
    auto bytes_consumer = client.consumer("bytes");
    auto slots = bytes_producer.reserve(4);
    ASSERT_EQ(slots.size(), 4U);
    EXPECT_EQ(slots[0].resize(101), Error::invalid);
    for (std::size_t i = 0; i < 4; ++i) {
        ASSERT_FALSE(slots[i].resize(i * 10));
        for (std::byte& byte : slots[i].bytes()) byte = static_cast<std::byte>(i);
    }
    ASSERT_FALSE(slots.publish());
    const auto messages = bytes_consumer.next(8);
    ASSERT_EQ(messages.size(), 4U);
    for (std::size_t i = 0; i < 4; ++i) {
        EXPECT_EQ(messages[i].bytes().size(), i * 10);
        EXPECT_EQ(messages[i].view().shape()[0], static_cast<std::int64_t>(i * 10));
        for (const std::byte byte : messages[i].bytes()) EXPECT_EQ(byte, static_cast<std::byte>(i));
    }
}

}  // namespace
}  // namespace ringview::test
