#include <algorithm>
#include <chrono>

#include <gmock/gmock.h>
#include <ringview/ringview.hpp>

#include "support/daemon.hpp"
#include "support/numbered.hpp"
#include "support/segment_kinds.hpp"

namespace ringview::test {
namespace {

using namespace std::chrono_literals;

class Messages : public testing::TestWithParam<SegmentKind> {
 protected:
    void create(RingSpec spec) {
        spec.name = "ring";
        client.create(GetParam().of(std::move(spec)));
    }
    void publish(Producer<>& producer, std::uint64_t number) {
        Slot<> slot = producer.reserve();
        ASSERT_TRUE(slot) << slot.error().message();
        ASSERT_FALSE(slot.resize(numbered_length(number, slot.capacity())));
        write_numbered(slot.bytes(), number);
        ASSERT_FALSE(slot.publish());
    }

    Daemon daemon;
    Client client = daemon.client();
};

TEST_P(Messages, OfEveryLengthArriveWithTheirBytes) {
    constexpr std::size_t capacity = 300;
    create({.shape = {-1}, .slots = 4, .slot_bytes = capacity});
    Producer<> producer = client.producer("ring");
    Consumer<> consumer = client.consumer("ring");
    for (std::size_t length = 0; length <= capacity; ++length) {
        Slot<> slot = producer.try_reserve();
        ASSERT_TRUE(slot);
        ASSERT_FALSE(slot.resize(length));
        ASSERT_EQ(slot.bytes().size(), length);
        write_numbered(slot.bytes(), length);
        slot.publish();
        const Message<> message = consumer.try_next();
        ASSERT_TRUE(message);
        std::vector<std::byte> expected(length);
        write_numbered(expected, length);
        EXPECT_TRUE(std::ranges::equal(message.bytes(), expected)) << length;
    }
}

TEST_P(Messages, LongerThanTheSlotAreRefused) {
    create({.shape = {-1}, .slots = 2, .slot_bytes = 100});
    Producer<> producer = client.producer("ring");
    Slot<> slot = producer.reserve();
    EXPECT_EQ(slot.resize(101), Error::invalid);
    EXPECT_EQ(slot.bytes().size(), 100U) << "a refused length changes nothing";
}

TEST_P(Messages, OfAFixedShapeAreNeverShorter) {
    create({.format = "<I", .shape = {4}});
    Producer<> producer = client.producer("ring");
    Slot<> slot = producer.reserve();
    EXPECT_EQ(slot.resize(15), Error::invalid);
    EXPECT_FALSE(slot.resize(16));
}

TEST_P(Messages, WithAVaryingDimensionHaveAViewOfTheirOwnLength) {
    create({.format = "<H", .shape = {-1, 3}, .slots = 4, .slot_bytes = 60});
    Producer<> producer = client.producer("ring");
    Consumer<> consumer = client.consumer("ring");
    for (const std::size_t rows : {0U, 1U, 10U}) {
        Slot<> slot = producer.reserve();
        slot.resize(rows * 6);
        auto numbers = slot.view().as<std::uint16_t, 2>();
        for (std::size_t row = 0; row < rows; ++row) numbers(row, 2) = static_cast<std::uint16_t>(100 + row);
        slot.publish();
        const Message<> message = consumer.next();
        const MemoryView view = message.view();
        EXPECT_TRUE(view.readonly());
        EXPECT_THAT(view.shape(), testing::ElementsAre(rows, 3));
        for (std::size_t row = 0; row < rows; ++row) EXPECT_EQ((view.as<const std::uint16_t, 2>()(row, 2)), 100 + row);
    }
}

TEST_P(Messages, AreReadInPlaceByThreeProcesses) {
    constexpr std::uint64_t count = 20'000;
    constexpr std::size_t capacity = 500;
    create({.shape = {-1}, .slots = 64, .slot_bytes = capacity});
    std::vector<Child> consumers;
    for (const char* name : {"one", "two", "three"}) {
        consumers.emplace_back(
            helper("consume", {daemon.socket(), "ring", name, std::to_string(count), std::to_string(capacity)}));
        consumers.back().read_line();
    }
    Producer<> producer = client.producer("ring");
    std::uint64_t bytes = 0;
    for (std::uint64_t number = 0; number < count; ++number) {
        bytes += numbered_length(number, capacity);
        publish(producer, number);
    }
    for (Child& consumer : consumers) {
        EXPECT_EQ(consumer.read_line(), "receives");
        const Ended ended = consumer.wait();
        EXPECT_EQ(ended.code, 0) << ended.errors;
        EXPECT_EQ(ended.output, "done " + std::to_string(count) + " " + std::to_string(bytes) + "\n");
    }
}

TEST_P(Messages, ThatAreAbandonedAreNeverSeen) {
    create({.slots = 2});
    Producer<> producer = client.producer("ring");
    Consumer<> consumer = client.consumer("ring");
    {
        const Slot<> dropped = producer.reserve();
        EXPECT_EQ(producer.try_reserve().error(), Error::busy);
    }
    EXPECT_EQ(consumer.try_next().error(), Error::empty);
    Slot<> slot = producer.reserve();
    slot.bytes()[0] = std::byte{7};
    slot.publish();
    EXPECT_EQ(slot.error(), Error::closed);
    EXPECT_EQ(slot.publish(), Error::closed);
    const Message<> message = consumer.next();
    EXPECT_EQ(message.position(), 0U);
    EXPECT_EQ(message.bytes()[0], std::byte{7});
}

TEST_P(Messages, OfHistoryReachALateJoinerThatWantsTheOldest) {
    create({.shape = {-1}, .slots = 8, .slot_bytes = 64, .history = 3});
    Producer<> producer = client.producer("ring");
    for (std::uint64_t number = 0; number < 20; ++number) publish(producer, number);
    Consumer<> late = client.consumer("ring", {.name = "late", .start = Start::oldest});
    Consumer<> newest = client.consumer("ring", {.name = "newest", .start = Start::next});
    EXPECT_EQ(newest.try_next().error(), Error::empty);
    const std::uint64_t begin = late.position();
    EXPECT_LE(begin, 17U) << "at least the history";
    EXPECT_GE(begin, 12U) << "at most the ring";
    for (std::uint64_t number = begin; number < 20; ++number) {
        const Message<> message = late.try_next();
        ASSERT_TRUE(message);
        EXPECT_TRUE(is_numbered(message.bytes(), number, 64));
    }
    EXPECT_EQ(late.try_next().error(), Error::empty);
}

TEST_P(Messages, FillTheRingOnlyUpToItsSlots) {
    create({.slots = 4});
    Producer<> producer = client.producer("ring");
    Consumer<> consumer = client.consumer("ring");
    for (int i = 0; i < 4; ++i) ASSERT_FALSE(producer.try_reserve().publish());
    EXPECT_EQ(producer.try_reserve().error(), Error::full);
    consumer.next().release();
    EXPECT_FALSE(producer.try_reserve().publish());
    EXPECT_EQ(producer.try_reserve().error(), Error::full);
}

TEST_P(Messages, AreWaitedForAtLeastAsLongAsAsked) {
    create({.slots = 1, .history = 0});
    Producer<> producer = client.producer("ring");
    Consumer<> consumer = client.consumer("ring");
    // Below the spin, within one sleep, across several.
    for (const std::chrono::nanoseconds timeout :
         {0ns, 1ns, 1000ns, std::chrono::nanoseconds(5ms), std::chrono::nanoseconds(250ms)}) {
        const auto begin = std::chrono::steady_clock::now();
        EXPECT_EQ(consumer.next(timeout).error(), Error::empty);
        EXPECT_GE(std::chrono::steady_clock::now() - begin, timeout);
    }
    producer.reserve().publish();
    for (const std::chrono::nanoseconds timeout :
         {0ns, 1ns, 1000ns, std::chrono::nanoseconds(5ms), std::chrono::nanoseconds(250ms)}) {
        const auto begin = std::chrono::steady_clock::now();
        EXPECT_EQ(producer.reserve(timeout).error(), Error::full);
        EXPECT_GE(std::chrono::steady_clock::now() - begin, timeout);
    }
    EXPECT_EQ(consumer.next(-5ms).error(), std::error_code{}) << "a time that is over does not hide a message";
}

INSTANTIATE_TEST_SUITE_P(Segments, Messages, segment_kinds, name_of_kind);

}  // namespace
}  // namespace ringview::test
