#include <atomic>
#include <cstdint>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "stream_fixture.hpp"

/// Threads that are several producers of one ring.
namespace ringview::test {
namespace {

using namespace std::chrono_literals;
using S = StreamPlan;

const auto plan_name = [](const auto& stream) { return std::string(stream.param.name); };

class SharedStream : public testing::TestWithParam<NamedPlan> {};

TEST_P(SharedStream, EveryConsumerSeesEveryMessageInOrderByteForByte) {
    const StretchedSleeps sleeps;
    EXPECT_EQ(failures_of_stream<>(GetParam().plan), 0U);
}

INSTANTIATE_TEST_SUITE_P(
    Threads, SharedStream,
    testing::Values(
        NamedPlan{"TwoProducers", S{.slots = 256, .consumers = 2, .messages = 50'000, .producers = 2}},
        NamedPlan{"FourProducers", S{.slots = 256, .consumers = 1, .messages = 20'000, .producers = 4}},
        NamedPlan{"TwoProducersFences",
                  S{.slots = 64, .consumers = 1, .messages = 30'000, .asymmetric_barrier = false, .producers = 2}},
        NamedPlan{"OneSlot", S{.slots = 1, .consumers = 1, .messages = 5'000, .producers = 2}},
        NamedPlan{"TwoSlots", S{.slots = 2, .consumers = 2, .messages = 5'000, .producers = 3}},
        NamedPlan{"FourSlotsFences",
                  S{.slots = 4, .consumers = 2, .messages = 5'000, .asymmetric_barrier = false, .producers = 2}},
        NamedPlan{
            "AcrossTwoTo63",
            S{.slots = 8, .consumers = 1, .messages = 5'000, .first_position = two_to_63 - 5'000, .producers = 2}},
        NamedPlan{"AcrossTwoTo64", S{.slots = 8,
                                     .consumers = 1,
                                     .messages = 5'000,
                                     .first_position = 0 - std::uint64_t{5'000},
                                     .producers = 2}}),
    plan_name);

/// Writes the stream, but gives every fifth reservation up. How many were published; 0 where a call failed.
std::uint64_t send_with_gaps(InProcessRing<>::SharedProducer& producer, std::uint64_t count) {
    std::uint64_t published = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
        if (producer.reserve(ring::Deadline::never()) != ok) return 0;
        const StreamMessage message(producer.position());
        std::memcpy(producer.payload(), message.bytes, message.length);
        if (i % 5 == 3) {
            producer.abandon();
        } else {
            producer.publish(message.length);
            ++published;
        }
    }
    return published;
}

class SharedLossyStream : public testing::TestWithParam<NamedPlan> {};

TEST_P(SharedLossyStream, EveryMessageHeldStaysWholeAndEveryPositionIsAccountedFor) {
    const StretchedSleeps sleeps;
    const StreamPlan& plan = GetParam().plan;
    const InProcessRing<> ring(ring_for(plan));
    auto lossless = ring.consumer(0);
    std::atomic<bool> is_over{false};
    std::atomic<unsigned> failures{0};
    std::atomic<std::uint64_t> published{0};
    std::vector<std::thread> readers;
    for (unsigned i = 1; i <= plan.consumers; ++i) {
        readers.emplace_back([&, i, consumer = ring.lossy_consumer(i)]() mutable {
            if (!receive_lossy_stream(consumer, is_over, i)) ++failures;
        });
    }
    std::vector<std::thread> writers;
    for (unsigned line = 0; line < plan.producers; ++line) {
        writers.emplace_back([&, producer = ring.shared_producer(line)]() mutable {
            const std::uint64_t sent = send_with_gaps(producer, plan.messages);
            if (sent == 0) ++failures;
            published += sent;
        });
    }
    const std::uint64_t expected = plan.producers * (plan.messages - plan.messages / 5);
    std::uint64_t got = 0;
    while (got < expected) {
        ring::Received message;
        if (lossless.next(message, ring::Deadline::after(20s)) != ok) break;
        if (!StreamMessage(message.position).equals(message)) ++failures;
        lossless.release(message.position);
        ++got;
    }
    EXPECT_EQ(got, expected);
    if (got < expected) ring::mark_removed(ring.daemon());
    for (std::thread& thread : writers) thread.join();
    EXPECT_EQ(try_next_code(lossless), Error::empty) << "steps over what is left";
    is_over = true;
    for (std::thread& thread : readers) thread.join();
    EXPECT_EQ(failures, 0U);
    EXPECT_EQ(published, expected);
    const ring::RingSnapshot snapshot = ring::observe_ring(ring.daemon());
    EXPECT_EQ(snapshot.published, expected);
    EXPECT_EQ(lossless.stepped_over(), snapshot.tombstones);
}

INSTANTIATE_TEST_SUITE_P(
    Threads, SharedLossyStream,
    testing::Values(
        NamedPlan{"TwoSlots", S{.slots = 2, .consumers = 1, .messages = 5'000, .producers = 2}},
        NamedPlan{"EightSlots", S{.slots = 8, .consumers = 2, .messages = 5'000, .producers = 2}},
        NamedPlan{"EightSlotsFences",
                  S{.slots = 8, .consumers = 2, .messages = 10'000, .asymmetric_barrier = false, .producers = 3}},
        NamedPlan{"ManySlots", S{.slots = 256, .consumers = 2, .messages = 30'000, .history = 64, .producers = 3}},
        NamedPlan{"AcrossTwoTo64", S{.slots = 8,
                                     .consumers = 1,
                                     .messages = 5'000,
                                     .first_position = 0 - std::uint64_t{5'000},
                                     .producers = 2}}),
    plan_name);

class SharedChurn : public testing::TestWithParam<NamedPlan> {};

TEST_P(SharedChurn, WhileProducersDieAndConsumersComeAndGoNobodyIsHeldUpAndNothingIsTorn) {
    const StretchedSleeps sleeps;
    const StreamPlan& plan = GetParam().plan;
    const InProcessRing<> ring(ring_for(plan));
    Members members(ring);
    std::atomic<unsigned> at_work{plan.producers};
    std::atomic<std::uint64_t> read{0};
    std::atomic<unsigned> failures{0};
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < plan.consumers; ++i) {
        threads.emplace_back([&, i] {
            std::mt19937 random(i);
            while (at_work.load() != 0) {
                auto consumer = members.join(i, random() % 2 == 0 ? ring::JoinAt::oldest : ring::JoinAt::next);
                const layout::Position start = consumer.next_position();
                std::uint64_t delivered = 0;
                for (std::uint64_t stay = random() % 200; stay > 0; --stay) {
                    ring::Received message;
                    const Error::Code code = consumer.next(message, ring::Deadline::after(1ms));
                    if (code == Error::empty) continue;
                    ++delivered;
                    if (code != ok || !StreamMessage(message.position).equals(message) ||
                        message.position + 1 - start != delivered + consumer.stepped_over())
                        failures.fetch_add(1);
                    read.fetch_add(1, std::memory_order_relaxed);
                    consumer.release(message.position);
                }
                members.leave(i);
            }
        });
    }
    for (unsigned line = 0; line < plan.producers; ++line) {
        threads.emplace_back([&, line] {
            std::mt19937 random(100 + line);
            // On a busy machine consumers may begin only when all else is done.
            for (std::uint64_t sent = 0; sent < plan.messages || read.load() == 0;) {
                auto producer = ring.shared_producer(line);
                for (std::uint64_t lives = 1 + random() % 50; lives > 0; --lives, ++sent)
                    if (!send_stream(producer, 1)) failures.fetch_add(1);
                // Ends in the middle of its work: what it has reserved is nobody's.
                if (random() % 2 == 0 && producer.reserve(ring::Deadline::never()) == ok)
                    std::memset(producer.payload(), 0xEE, stream_slot_bytes);
                members.replace_producer(line);
            }
            at_work.fetch_sub(1);
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(failures.load(), 0U);
    EXPECT_GT(read.load(), 0U);
    const ring::RingSnapshot s = ring::observe_ring(ring.daemon());
    EXPECT_GE(s.published, plan.messages * plan.producers);
    EXPECT_GT(s.tombstones, 0U);
    EXPECT_EQ(s.producers, 0U);
}

INSTANTIATE_TEST_SUITE_P(
    Threads, SharedChurn,
    testing::Values(NamedPlan{"Roomy",
                              S{.slots = 64, .consumers = 2, .messages = 20'000, .history = 32, .producers = 3}},
                    NamedPlan{"Tiny", S{.slots = 4, .consumers = 2, .messages = 5'000, .history = 3, .producers = 2}},
                    NamedPlan{"TinyFences", S{.slots = 4,
                                              .consumers = 2,
                                              .messages = 5'000,
                                              .asymmetric_barrier = false,
                                              .history = 3,
                                              .producers = 2}},
                    NamedPlan{"AcrossTwoTo64", S{.slots = 4,
                                                 .consumers = 2,
                                                 .messages = 5'000,
                                                 .first_position = 0 - std::uint64_t{5'000},
                                                 .producers = 2}}),
    plan_name);

}  // namespace
}  // namespace ringview::test
