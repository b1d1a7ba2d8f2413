#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <ringview/platform/futex.hpp>

#include "futex_probe.hpp"
#include "ring_fixture.hpp"
#include "sleeper.hpp"

/// Sleeps that somebody must end. Their bound is stretched, so that none ends by itself while a test runs.
namespace ringview::test {
namespace {

using namespace std::chrono_literals;
using ring::Deadline;

struct Case {
    bool is_asymmetric;
    layout::Position first;
};

// NOLINTNEXTLINE(readability-identifier-naming): GoogleTest's name
void PrintTo(const Case& sleep, std::ostream* out) {
    *out << (sleep.is_asymmetric ? "asymmetric" : "fences") << " from " << sleep.first;
}

class Sleep : public testing::TestWithParam<Case> {
 public:
    Sleep() {
        stretch_sleeps(20s);
        reset_futex_counts();
    }
    ~Sleep() override {
        EXPECT_EQ(futex_counts().overslept, 0U) << "a sleeper was not woken";
        stretch_sleeps(ring::longest_sleep);
    }

    layout::RingParameters parameters(std::uint64_t slots) const {
        layout::RingParameters p = ring_of(slots, GetParam().first);
        p.asymmetric_barrier = GetParam().is_asymmetric;
        return p;
    }
};

INSTANTIATE_TEST_SUITE_P(Ring, Sleep,
                         testing::Values(Case{true, 0}, Case{false, 0}, Case{true, two_to_32 - 1},
                                         Case{false, two_to_63 - 1}, Case{true, ~layout::Position{0}}),
                         [](const auto& sleep) {
                             return std::string(sleep.param.is_asymmetric ? "Asymmetric" : "Fences") +
                                    first_position_name({sleep.param.first, 0});
                         });

template <class Consumer>
std::function<Error::Code()> next_of(Consumer& consumer, std::uint64_t expected) {
    return [&consumer, expected] {
        ring::Received message;
        const Error::Code code = consumer.next(message, Deadline::never());
        if (code == ok) {
            EXPECT_EQ(number_in(message), expected);
            consumer.release(message.position);
        }
        return code;
    };
}

TEST_P(Sleep, AConsumerIsWokenByThePublishOfItsMessage) {
    const InProcessRing<> ring(parameters(4));
    auto producer = ring.producer();
    auto consumer = ring.consumer();
    for (std::uint64_t i = 0; i < 6; ++i) {
        Sleeper sleeper(next_of(consumer, i));
        ASSERT_TRUE(await_sleepers(1));
        publish_numbers(producer, i, 1);
        EXPECT_EQ(sleeper.code(), ok);
    }
    EXPECT_GE(futex_counts().sleeps, 6U);
    EXPECT_EQ(ring.daemon().waiters().bits.load(), 0U);
}

TEST_P(Sleep, EverySleepingSubscriptionIsWokenByOneCall) {
    const InProcessRing<> ring(parameters(4));
    auto producer = ring.producer();
    std::vector<InProcessRing<>::Consumer> consumers;
    consumers.reserve(8);
    for (unsigned i = 0; i < 8; ++i) consumers.push_back(ring.consumer(i));
    {
        std::vector<std::unique_ptr<Sleeper>> sleepers;
        sleepers.reserve(consumers.size());
        for (auto& consumer : consumers) sleepers.push_back(std::make_unique<Sleeper>(next_of(consumer, 5)));
        ASSERT_TRUE(await_sleepers(8));
        publish_numbers(producer, 5, 1);
        for (auto& sleeper : sleepers) EXPECT_EQ(sleeper->code(), ok);
    }
}

TEST_P(Sleep, APublishMakesASystemCallOnlyForWhoWaitsForThatMessage) {
    const InProcessRing<> ring(parameters(8));
    auto producer = ring.producer();
    auto consumer = ring.consumer();
    Sleeper sleeper(next_of(consumer, 0));
    ASSERT_TRUE(await_sleepers(1));
    // Somebody who waits for a later message than the next.
    ring.daemon().cursor(1).wait_seq.store(layout::seq_of(GetParam().first + 2));
    ring.daemon().waiters().bits.fetch_or(2);
    publish_numbers(producer, 0, 1);
    EXPECT_EQ(sleeper.code(), ok);
    EXPECT_EQ(futex_counts().wakes, 1U);
    publish_numbers(producer, 1, 1);
    EXPECT_EQ(futex_counts().wakes, 1U) << "nobody waits for this one";
    publish_numbers(producer, 2, 1);
    EXPECT_EQ(futex_counts().wakes, 2U);
}

TEST_P(Sleep, AProducerIsWokenByTheReleaseThatMakesRoom) {
    const InProcessRing<> ring(parameters(4));
    auto producer = ring.producer();
    auto consumer = ring.consumer();
    publish_numbers(producer, 0, 4);
    for (std::uint64_t i = 0; i < 6; ++i) {
        Sleeper sleeper(reserve_of(producer));
        ASSERT_TRUE(await_sleepers(1));
        expect_numbers(consumer, i, 1);
        ASSERT_EQ(sleeper.code(), ok);
        write_number(producer, i + 4);
        producer.publish(sizeof i);
    }
    EXPECT_EQ(ring.daemon().state().producers_waiting.value.load(), 0U);
}

TEST_P(Sleep, AReleaseMakesASystemCallOnlyWhereItCrossesWhatAProducerWaitsFor) {
    const InProcessRing<> ring(parameters(4));
    auto producer = ring.producer();
    auto slow = ring.consumer(0);
    auto quick = ring.consumer(1);
    publish_numbers(producer, 0, 4);
    expect_numbers(quick, 0, 1);
    Sleeper sleeper(reserve_of(producer));
    ASSERT_TRUE(await_sleepers(1));
    expect_numbers(quick, 1, 3);
    EXPECT_EQ(futex_counts().wakes, 0U) << "the producer waits for the other one";
    expect_numbers(slow, 0, 1);
    EXPECT_EQ(sleeper.code(), ok);
    EXPECT_EQ(futex_counts().wakes, 1U);
}

TEST_P(Sleep, TheLeaveOfWhoHoldsItUpWakesAProducer) {
    const InProcessRing<> ring(parameters(4));
    auto producer = ring.producer();
    auto quick = ring.consumer(0);
    ring.join(1);
    publish_numbers(producer, 0, 4);
    expect_numbers(quick, 0, 4);
    Sleeper sleeper(reserve_of(producer));
    ASSERT_TRUE(await_sleepers(1));
    ring::leave(ring.daemon(), 1);
    EXPECT_EQ(sleeper.code(), ok);
}

TEST_P(Sleep, ASlowSubscriptionThatLeavesHandsTheProducerToTheNextSlowest) {
    const InProcessRing<> ring(parameters(4));
    auto producer = ring.producer();
    ring.join(0);
    auto second = ring.consumer(1);
    publish_numbers(producer, 0, 4);
    Sleeper sleeper(reserve_of(producer));
    ASSERT_TRUE(await_sleepers(1));
    ring::leave(ring.daemon(), 0);
    ASSERT_TRUE(await_sleepers(1));
    expect_numbers(second, 0, 1);
    EXPECT_EQ(sleeper.code(), ok);
}

TEST_P(Sleep, RemovalWakesTheSleepersOfBothSides) {
    const InProcessRing<> ring(parameters(2));
    auto producer = ring.producer();
    std::vector<InProcessRing<>::Consumer> consumers;
    consumers.reserve(8);
    for (unsigned i = 0; i < 4; ++i) consumers.push_back(ring.consumer(i));
    ring.join(9);
    publish_numbers(producer, 0, 2);
    for (auto& consumer : consumers) expect_numbers(consumer, 0, 2);
    std::vector<std::unique_ptr<Sleeper>> sleepers;
    sleepers.reserve(consumers.size() + 1);
    for (auto& consumer : consumers) sleepers.push_back(std::make_unique<Sleeper>(next_of(consumer, 0)));
    sleepers.push_back(std::make_unique<Sleeper>(reserve_of(producer)));
    ASSERT_TRUE(await_sleepers(5));
    ring::mark_removed(ring.daemon());
    for (auto& sleeper : sleepers) EXPECT_EQ(sleeper->code(), Error::removed);
}

TEST_P(Sleep, RemovalIsNotMissedBetweenTheLastLookAndTheSleep) {
    if (!platform::has_futex_wait_any())
        GTEST_SKIP() << "this kernel, or this sandbox, has no futex_waitv: such a removal is noticed after 100 ms";
    const InProcessRing<> ring(parameters(2));
    auto producer = ring.producer();
    auto consumer = ring.consumer();
    publish_numbers(producer, 0, 2);
    const std::function<void()> remove = [&] { ring::mark_removed(ring.daemon()); };
    at_the_last_moment(&remove);
    EXPECT_EQ(reserve_of(producer)(), Error::removed);
    expect_numbers(consumer, 0, 2);
    EXPECT_EQ(try_next_code(consumer), Error::removed);

    const InProcessRing<> other(parameters(2));
    auto other_consumer = other.consumer();
    const std::function<void()> remove_other = [&] { ring::mark_removed(other.daemon()); };
    at_the_last_moment(&remove_other);
    EXPECT_EQ(next_of(other_consumer, 0)(), Error::removed);
}

TEST_P(Sleep, EvictionIsNotMissedBetweenTheLastLookAndTheSleep) {
    if (!platform::has_futex_wait_any())
        GTEST_SKIP() << "this kernel, or this sandbox, has no futex_waitv: such an eviction is noticed after 100 ms";
    const InProcessRing<> ring(parameters(2));
    auto consumer = ring.consumer();
    const std::function<void()> evict = [&] { ring.set_state(0, layout::MemberState::evicted); };
    at_the_last_moment(&evict);
    EXPECT_EQ(next_of(consumer, 0)(), Error::evicted);
}

TEST_P(Sleep, RemovalWakesSleepersOfAKernelThatSleepsOnOneWord) {
    wait_for_one_word(true);
    const InProcessRing<> ring(parameters(2));
    auto producer = ring.producer();
    auto consumer = ring.consumer();
    ring.join(9);
    publish_numbers(producer, 0, 2);
    expect_numbers(consumer, 0, 2);
    {
        Sleeper consuming(next_of(consumer, 0));
        Sleeper producing(reserve_of(producer));
        EXPECT_TRUE(await_sleepers(2));
        ring::mark_removed(ring.daemon());
        EXPECT_EQ(consuming.code(), Error::removed);
        EXPECT_EQ(producing.code(), Error::removed);
    }
    wait_for_one_word(false);
}

TEST_P(Sleep, ABatchWakesWhoSleepsForItsFirstMessage) {
    const InProcessRing<> ring(parameters(8));
    auto producer = ring.producer();
    auto consumer = ring.consumer();
    std::array<ring::Received, 8> messages;
    std::size_t count = 0;
    Sleeper sleeper([&] { return consumer.next_batch(messages, count, Deadline::never()); });
    ASSERT_TRUE(await_sleepers(1));
    ASSERT_EQ(producer.try_reserve(5), ok);
    producer.publish_batch(std::array<std::uint32_t, 5>{});
    EXPECT_EQ(sleeper.code(), ok);
    EXPECT_GE(count, 1U);
    EXPECT_LE(count, 5U);
}

TEST_P(Sleep, AWakeThatAProducerDidNotLiveToSendIsSentWhenItsLineIsClosed) {
    for (const bool head_was_stored : {false, true}) {
        const InProcessRing<> ring(parameters(4));
        auto dead = ring.producer();
        auto consumer = ring.consumer();
        publish_numbers(dead, 0, 3);
        expect_numbers(consumer, 0, 3);
        Sleeper sleeper(next_of(consumer, 3));
        ASSERT_TRUE(await_sleepers(1));
        ASSERT_EQ(dead.try_reserve(), ok);
        write_number(dead, 3);
        auto& slot = ring.daemon().slot(dead.position());
        slot.length.store(sizeof(std::uint64_t));
        slot.seq.store(layout::seq_of(dead.position()));
        if (head_was_stored) ring.daemon().state().head.value.store(dead.position() + 1);
        ring::close_producer_line(ring.daemon(), 0);
        EXPECT_EQ(sleeper.code(), ok);
    }
}

TEST_P(Sleep, ATimedSleepEndsAtItsDeadlineAndLeavesNoTrace) {
    const InProcessRing<> ring(parameters(2));
    auto producer = ring.producer();
    auto consumer = ring.consumer();
    // Short of the longest sleep; and on a busy machine the time may be over before it comes to a sleep.
    const auto until_it_slept = [](const std::function<Error::Code(Deadline)>& call, Error::Code expected) {
        const std::uint64_t before = futex_counts().sleeps;
        while (futex_counts().sleeps == before) ASSERT_EQ(call(Deadline::after(20ms)), expected);
    };
    ring::Received message;
    until_it_slept([&](Deadline deadline) { return consumer.next(message, deadline); }, Error::empty);
    publish_numbers(producer, 0, 2);
    until_it_slept([&](Deadline deadline) { return producer.reserve(deadline); }, Error::full);
    expect_numbers(consumer, 0, 2);
    publish_numbers(producer, 2, 2);
    EXPECT_EQ(futex_counts().wakes, 0U) << "nobody sleeps any more";
}

}  // namespace
}  // namespace ringview::test
