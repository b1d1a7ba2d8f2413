#include <array>
#include <cstdint>
#include <span>

#include <gtest/gtest.h>

#include "interrupted_atomic.hpp"
#include "ring_fixture.hpp"

namespace ringview::test {
namespace {

/// A lossy consumer is lapped between two steps of one call.
class LapBetween : public RingFrom {
 protected:
    using Ring = InProcessRing<std::atomic, InterruptedAtomic>;
    using Word = InterruptedAtomic<std::uint64_t>;

    void TearDown() override {
        Word::interrupted_word = nullptr;
        Word::interruption = [] {};
    }
    void interrupt_after_look_at_slot(std::uint64_t published_then) {
        interrupt(&ring.daemon().slot(first() + 1).seq, published_then);
    }
    void interrupt_after_look_at_floor(std::uint64_t published_then) {
        interrupt(&ring.daemon().state().floors.floor, published_then);
    }
    /// The first look is that for the first message of a batch, the second that for all others.
    void interrupt_after_second_look_at_floor(std::uint64_t published_then) {
        interrupt_after_look_at_floor(published_then);
        Word::interruption = [then = Word::interruption] { Word::interruption = then; };
    }
    /// Raised, but nothing is written there yet.
    void interrupt_after_look_at_slot_with_floor(layout::Position floor) {
        interrupt_after_look_at_slot(0);
        Word::interruption = [=, this] { ring.daemon().state().floors.floor.store(floor); };
    }
    Ring::Consumer consumer_at_second_message() {
        auto consumer = ring.consumer_from(first(), 0, ring::Overrun::laps_us);
        publish_numbers(producer, 0, 2);
        expect_numbers(consumer, 0, 1);
        return consumer;
    }
    std::uint64_t marked_as_held() const {
        std::uint64_t marked = 0;
        for (const auto& word : ring.daemon().cursor(0).held) marked += ring::held_count(word.load());
        return marked;
    }
    /// Releases `taken`, which is not the first that the consumer has had, and reads what is left.
    void expect_all_accounted_for(Ring::Consumer& consumer, const ring::Received& taken) {
        std::uint64_t delivered = 2;
        std::uint64_t number = number_in(taken);
        consumer.release(taken.position);
        for (ring::Received next; consumer.try_next(next) == ok; ++delivered) {
            EXPECT_EQ(number_in(next), ++number);
            EXPECT_EQ(next.lost_before, 0U);
            consumer.release(next.position);
        }
        EXPECT_EQ(number, 51U);
        EXPECT_EQ(delivered + consumer.lost() + consumer.stepped_over(), producer.position() - first());
        EXPECT_FALSE(consumer.holds_messages());
        EXPECT_EQ(marked_as_held(), 0U);
    }

    Ring ring{parameters(8)};
    Ring::Producer producer = ring.producer();

 private:
    void interrupt(const void* word, std::uint64_t published_then) {
        Word::interruption = [=, this] { publish_numbers(producer, 2, published_then); };
        Word::interrupted_word = word;
    }
};
RINGVIEW_FROM_EVERY_WRAP(LapBetween);

TEST_P(LapBetween, TheLookAtTheSlotAndTheMarkLosesTheMessageAndLeavesNoMarkOnIt) {
    auto consumer = consumer_at_second_message();
    interrupt_after_look_at_slot(50);
    const ring::Received message = take(consumer);
    EXPECT_EQ(tombstones_of(ring), 0U) << "nothing was held when the producer came by";
    EXPECT_GT(message.lost_before, 40U);
    EXPECT_EQ(message.lost_before, consumer.lost());
    EXPECT_EQ(number_in(message), message.position - first());
    EXPECT_EQ(marked_as_held(), 1U);
    expect_all_accounted_for(consumer, message);
}

TEST_P(LapBetween, TheMarkAndTheEndOfTheCallProtectsTheMessage) {
    auto consumer = consumer_at_second_message();
    interrupt_after_look_at_floor(7);
    const ring::Received message = take(consumer);
    EXPECT_EQ(message.position, first() + 1);
    EXPECT_EQ(number_in(message), 1U);
    publish_numbers(producer, 9, 30);
    EXPECT_EQ(number_in(message), 1U);
    EXPECT_GT(tombstones_of(ring), 2U);
    EXPECT_EQ(marked_as_held(), 1U);
    consumer.release(message.position);
    EXPECT_FALSE(consumer.holds_messages());
}

TEST_P(LapBetween, TheMarkAndTheEndOfTheCallLosesTheMessageWhereATombstoneHasTakenTheSlot) {
    auto consumer = consumer_at_second_message();
    interrupt_after_look_at_floor(50);
    const ring::Received message = take(consumer);
    EXPECT_GT(tombstones_of(ring), 0U);
    EXPECT_GT(message.lost_before, 40U);
    EXPECT_EQ(message.lost_before, consumer.lost());
    EXPECT_EQ(marked_as_held(), 1U);
    expect_all_accounted_for(consumer, message);
}

/// The same behind the first message of a batch, which is held and stays as it is.
class LapBetweenABatch : public LapBetween {
 protected:
    std::span<const ring::Received> take_batch(Ring::Consumer& consumer) {
        std::size_t count = 0;
        EXPECT_EQ(consumer.try_next_batch(messages_, count), ok);
        return std::span(messages_).first(count);
    }
    Ring::Consumer consumer_before_two_messages() {
        auto consumer = ring.consumer_from(first(), 0, ring::Overrun::laps_us);
        publish_numbers(producer, 0, 2);
        return consumer;
    }
    void expect_the_first_alone(Ring::Consumer& consumer) {
        const auto batch = take_batch(consumer);
        ASSERT_EQ(batch.size(), 1U);
        EXPECT_EQ(number_in(batch[0]), 0U);
        EXPECT_EQ(marked_as_held(), 1U) << "what is not taken is not held";
        EXPECT_EQ(consumer.lost(), 0U) << "that is for the next call";
        consumer.release_batch(batch);
        const ring::Received next = take(consumer);
        EXPECT_GT(next.lost_before, 40U);
        expect_all_accounted_for(consumer, next);
    }

 private:
    std::array<ring::Received, 4> messages_;
};
RINGVIEW_FROM_EVERY_WRAP(LapBetweenABatch);

TEST_P(LapBetweenABatch, TheLookAtASlotAndItsMarkEndsTheBatch) {
    auto consumer = consumer_before_two_messages();
    interrupt_after_look_at_slot(50);
    expect_the_first_alone(consumer);
}

TEST_P(LapBetweenABatch, TheLookAtASlotAndItsMarkEndsTheBatchBeforeTheSlotIsWritten) {
    auto consumer = consumer_before_two_messages();
    interrupt_after_look_at_slot_with_floor(first() + 2);
    const auto batch = take_batch(consumer);
    ASSERT_EQ(batch.size(), 1U);
    EXPECT_EQ(number_in(batch[0]), 0U);
    EXPECT_EQ(try_next_code(consumer), Error::empty);
    EXPECT_EQ(consumer.lost(), 1U);
}

TEST_P(LapBetweenABatch, TheMarkAndTheEndOfTheCallEndsTheBatchWhereATombstoneHasTakenTheSlot) {
    auto consumer = consumer_before_two_messages();
    interrupt_after_second_look_at_floor(50);
    expect_the_first_alone(consumer);
}

TEST_P(LapBetweenABatch, TheMarkAndTheEndOfTheCallProtectsTheBatch) {
    auto consumer = consumer_before_two_messages();
    interrupt_after_second_look_at_floor(6);
    const auto batch = take_batch(consumer);
    ASSERT_EQ(batch.size(), 2U);
    publish_numbers(producer, 8, 30);
    for (std::uint64_t i = 0; i < 2; ++i) EXPECT_EQ(number_in(batch[i]), i);
    EXPECT_GT(tombstones_of(ring), 2U);
}

}  // namespace
}  // namespace ringview::test
