#include <cstdint>

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

}  // namespace
}  // namespace ringview::test
