#include <array>
#include <chrono>
#include <cstdint>
#include <functional>

#include <gtest/gtest.h>
#include <ringview/platform/futex.hpp>
#include <ringview/ring/recovery.hpp>

#include "futex_probe.hpp"
#include "interrupted_atomic.hpp"
#include "ring_fixture.hpp"
#include "sleeper.hpp"

/// Sleepers whose waker dies between its store and its wake, whose blocker is not who it was, or has little to give.
/// The bound of a sleep is stretched: the daemon is to end it, or the blocker.
namespace ringview::test {
namespace {

using namespace std::chrono_literals;
using ring::Deadline;

class LeftAsleep : public testing::Test {
 public:
    LeftAsleep() {
        stretch_sleeps(20s);
        reset_futex_counts();
    }
    ~LeftAsleep() override {
        EXPECT_EQ(futex_counts().overslept, 0U) << "a sleeper was not woken";
        stretch_sleeps(ring::longest_sleep);
    }
};

/// As producers leave slots that die before they wake anybody.
void store_seqs(const InProcessRing<>& ring, layout::Position first, std::uint64_t count) {
    for (layout::Position position = first; position != first + count; ++position) {
        ring.daemon().slot(position).length.store(sizeof(std::uint64_t));
        ring.daemon().slot(position).seq.store(layout::seq_of(position));
    }
}

TEST_F(LeftAsleep, ByTheProducerOfABatchAConsumerIsWokenForWhicheverOfItsMessages) {
    for (std::uint64_t awaited = 0; awaited < 3; ++awaited) {
        const InProcessRing<> ring(ring_of(8));
        ring::open_producer_line(ring.daemon(), 0);
        auto consumer = ring.consumer();
        store_seqs(ring, 0, awaited);
        for (std::uint64_t i = 0; i < awaited; ++i) {
            ring::Received message;
            ASSERT_EQ(consumer.try_next(message), ok);
            consumer.release(message.position);
        }
        ring::Received message;
        Sleeper sleeper([&] { return consumer.next(message, Deadline::never()); });
        ASSERT_TRUE(await_sleepers(1));
        store_seqs(ring, awaited, 3 - awaited);
        EXPECT_TRUE(ring::recover_producer(ring.daemon(), 0, 1).is_done);
        EXPECT_EQ(sleeper.code(), ok);
        EXPECT_EQ(message.position, awaited);
    }
}

TEST_F(LeftAsleep, ByOneOfSeveralProducersOfABatchAConsumerIsWokenForWhicheverOfItsMessages) {
    for (std::uint64_t awaited = 0; awaited < 3; ++awaited) {
        layout::RingParameters parameters = ring_of(8);
        parameters.producers = 2;
        const InProcessRing<> ring(parameters);
        auto dead = ring.shared_producer(1);
        ring.join(0);
        auto consumer = ring.consumer_at(0, awaited);
        ring::Received message;
        Sleeper sleeper([&] { return consumer.next(message, Deadline::never()); });
        ASSERT_TRUE(await_sleepers(1));
        ASSERT_EQ(dead.try_reserve(3), ok);
        store_seqs(ring, 0, 3);
        EXPECT_TRUE(ring::recover_producer(ring.daemon(), 1, 2).is_done);
        EXPECT_EQ(sleeper.code(), ok);
        EXPECT_EQ(message.position, awaited);
    }
}

TEST_F(LeftAsleep, ByTheConsumerOfASubscriptionThatStaysAProducerIsWokenForTheRoomItMade) {
    const InProcessRing<> ring(ring_of(4));
    auto producer = ring.producer();
    ring.join(0);
    publish_numbers(producer, 0, 4);
    Sleeper sleeper(reserve_of(producer));
    ASSERT_TRUE(await_sleepers(1));
    ring.daemon().cursor(0).pos.store(1);  // it died before it looked for waiting producers
    ring::go_away(ring.daemon(), 0);
    EXPECT_EQ(sleeper.code(), ok);
}

/// A window of the last messages, nearly as long as the ring: it makes room for one, and for more only once there is
/// another message.
TEST_F(LeftAsleep, ByWhoHoldsMostOfTheRingAProducerIsWokenForTheLittleRoomThatItMakes) {
    const InProcessRing<> ring(ring_of(16, two_to_32 - 18));
    auto producer = ring.producer();
    auto consumer = ring.consumer();
    publish_numbers(producer, 0, 16);
    for (std::uint64_t i = 0; i < 15; ++i) EXPECT_EQ(number_in(take(consumer)), i);
    for (std::uint64_t i = 15; i < 21; ++i) {
        Sleeper sleeper(reserve_of(producer));
        ASSERT_TRUE(await_sleepers(1));
        EXPECT_EQ(number_in(take(consumer)), i);
        consumer.release(consumer.pos());
        ASSERT_EQ(sleeper.code(), ok);
        write_number(producer, i + 1);
        producer.publish(sizeof i);
    }
}

TEST_F(LeftAsleep, BySuccessiveSubscriptionsOfOnePlaceAProducerDoesNotTakeOnesPosForTheOthers) {
    using Ring = InProcessRing<InterruptedAtomic>;
    using Word = InterruptedAtomic<std::uint64_t>;
    const Ring ring(ring_of(2));
    auto producer = ring.producer();
    ring.join(0);
    publish_numbers(producer, 0, 2);
    // The second subscription begins where the first has stood, and comes to the head that the first was left at just
    // before the producer sleeps: whoever compared with that would sleep on.
    const std::function<void()> reads_on = [&] {
        auto consumer = ring.consumer_at(0, 0);
        expect_numbers(consumer, 0, 2);
    };
    Word::interruption = [&] {
        ring.join(0, ring::JoinAt::oldest);
        at_the_last_moment(&reads_on);
    };
    const std::function<void()> leaves = [&] {
        ring::leave(ring.daemon(), 0);
        Word::interrupted_word = &ring.daemon().cursor(0).pos;
    };
    at_the_last_moment(&leaves);
    EXPECT_EQ(producer.reserve(Deadline::never()), ok);
    Word::interrupted_word = nullptr;
    at_the_last_moment(nullptr);
}

TEST_F(LeftAsleep, ByOneThatLeavesAtTheLastMomentAProducerDoesNotSleepOnALossyOneInItsPlace) {
    if (!platform::has_futex_wait_any())
        GTEST_SKIP() << "this kernel, or this sandbox, has no futex_waitv: that is noticed after 100 ms";
    const InProcessRing<> ring(ring_of(2));
    auto producer = ring.producer();
    ring.join(0);
    publish_numbers(producer, 0, 2);
    const std::function<void()> is_replaced = [&] {
        ring::leave(ring.daemon(), 0);
        ring.join_lossy(0, ring::JoinAt::oldest);
    };
    at_the_last_moment(&is_replaced);
    EXPECT_EQ(producer.reserve(Deadline::never()), ok);
}

}  // namespace
}  // namespace ringview::test
