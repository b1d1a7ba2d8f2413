#include "stream.hpp"

#include <atomic>
#include <cstdint>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "ring_fixture.hpp"
#include "stream_fixture.hpp"

namespace ringview::test {
namespace {

using namespace std::chrono_literals;

class Stream : public testing::TestWithParam<NamedPlan> {};

TEST_P(Stream, EveryConsumerSeesEveryMessageInOrderByteForByte) {
    const StretchedSleeps sleeps;
    EXPECT_EQ(failures_of_stream<>(GetParam().plan), 0U);
}

using S = StreamPlan;
INSTANTIATE_TEST_SUITE_P(
    Threads, Stream,
    testing::Values(
        NamedPlan{"OneConsumer", S{.slots = 1024, .consumers = 1, .messages = 300'000}},
        NamedPlan{"ThreeConsumers", S{.slots = 256, .consumers = 3, .messages = 200'000}},
        NamedPlan{"ThreeConsumersFences",
                  S{.slots = 256, .consumers = 3, .messages = 200'000, .asymmetric_barrier = false}},
        NamedPlan{"OneSlot", S{.slots = 1, .consumers = 1, .messages = 20'000}},
        NamedPlan{"TwoSlots", S{.slots = 2, .consumers = 2, .messages = 20'000}},
        NamedPlan{"TwoSlotsFences", S{.slots = 2, .consumers = 2, .messages = 20'000, .asymmetric_barrier = false}},
        NamedPlan{"FourSlots", S{.slots = 4, .consumers = 4, .messages = 20'000, .history = 2}},
        NamedPlan{"FourSlotsFences",
                  S{.slots = 4, .consumers = 4, .messages = 20'000, .asymmetric_barrier = false, .history = 3}},
        NamedPlan{"AcrossTwoTo32",
                  S{.slots = 8, .consumers = 2, .messages = 20'000, .first_position = two_to_32 - 10'000}},
        NamedPlan{"AcrossTwoTo63",
                  S{.slots = 8, .consumers = 2, .messages = 20'000, .first_position = two_to_63 - 10'000}},
        NamedPlan{"AcrossTwoTo64",
                  S{.slots = 8, .consumers = 2, .messages = 20'000, .first_position = 0 - std::uint64_t{10'000}}}),
    [](const auto& stream) { return std::string(stream.param.name); });

class LossyStream : public testing::TestWithParam<NamedPlan> {};

TEST_P(LossyStream, EveryMessageHeldStaysWholeAndEveryPositionIsAccountedFor) {
    const StretchedSleeps sleeps;
    const StreamPlan& plan = GetParam().plan;
    const InProcessRing<> ring(ring_for(plan));
    auto producer = ring.producer();
    auto lossless = ring.consumer(0);
    std::atomic<bool> is_over{false};
    std::atomic<unsigned> failures{0};
    std::vector<std::thread> threads;
    for (unsigned i = 1; i <= plan.consumers; ++i) {
        threads.emplace_back([&, i, consumer = ring.lossy_consumer(i)]() mutable {
            if (!receive_lossy_stream(consumer, is_over, i)) ++failures;
        });
    }
    threads.emplace_back([&] {
        for (std::uint64_t got = 0; got < plan.messages; ++got) {
            ring::Received message;
            if (lossless.next(message, ring::Deadline::never()) != ok) break;
            if (!StreamMessage(message.position).equals(message)) ++failures;
            lossless.release(message.position);
        }
    });
    EXPECT_TRUE(send_stream(producer, plan.messages));
    threads.back().join();
    is_over = true;
    threads.pop_back();
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(failures, 0U);
    const ring::RingSnapshot snapshot = ring::observe_ring(ring.daemon());
    EXPECT_EQ(snapshot.published, plan.messages);
    EXPECT_EQ(lossless.stepped_over(), snapshot.tombstones);
}

INSTANTIATE_TEST_SUITE_P(
    Threads, LossyStream,
    testing::Values(
        NamedPlan{"TwoSlots", S{.slots = 2, .consumers = 2, .messages = 20'000}},
        NamedPlan{"EightSlots", S{.slots = 8, .consumers = 3, .messages = 20'000}},
        NamedPlan{"EightSlotsFences", S{.slots = 8, .consumers = 3, .messages = 50'000, .asymmetric_barrier = false}},
        NamedPlan{"ManySlots", S{.slots = 256, .consumers = 3, .messages = 200'000, .history = 64}},
        NamedPlan{"AcrossTwoTo64",
                  S{.slots = 8, .consumers = 2, .messages = 20'000, .first_position = 0 - std::uint64_t{10'000}}}),
    [](const auto& stream) { return std::string(stream.param.name); });

class Churn : public testing::TestWithParam<NamedPlan> {};

TEST_P(Churn, WhoeverComesAndGoesWhileTheProducerRunsSeesAnUnbrokenStreamAndNobodyIsHeldUp) {
    const StretchedSleeps sleeps;
    const StreamPlan& plan = GetParam().plan;
    const InProcessRing<> ring(ring_for(plan));
    Members members(ring);
    std::atomic<bool> is_over{false};
    std::atomic<std::uint64_t> visits{0};
    std::atomic<std::uint64_t> read{0};
    std::atomic<unsigned> failures{0};
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < plan.consumers; ++i) {
        threads.emplace_back([&, i] {
            std::mt19937 random(i);
            while (!is_over.load()) {
                auto consumer = members.join(i, random() % 2 == 0 ? ring::JoinAt::oldest : ring::JoinAt::next);
                const std::uint64_t stay = random() % 200;
                for (std::uint64_t m = 0; m < stay; ++m) {
                    ring::Received message;
                    const layout::Position expected = consumer.next_position();
                    const Error::Code code = consumer.next(message, ring::Deadline::after(1ms));
                    if (code == Error::empty) continue;
                    if (code != ok || message.position != expected || !StreamMessage(expected).equals(message))
                        failures.fetch_add(1);
                    read.fetch_add(1, std::memory_order_relaxed);
                    if (m + 1 < stay) consumer.release(message.position);  // it may also leave with one in its hands
                }
                members.leave(i);
                visits.fetch_add(1, std::memory_order_relaxed);
            }
        });
    }
    auto producer = ring.producer();
    std::uint64_t sent = 0;
    while (sent < plan.messages || visits.load() < 20) {
        ASSERT_TRUE(send_stream(producer, 100));
        sent += 100;
    }
    is_over.store(true);
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(failures.load(), 0U);
    EXPECT_GT(read.load(), 0U);
    const ring::RingSnapshot s = ring::observe_ring(ring.daemon());
    EXPECT_EQ(s.published, sent);
    EXPECT_EQ(s.lossless, 0U);
    EXPECT_EQ(s.used, 0U);
}

INSTANTIATE_TEST_SUITE_P(
    Threads, Churn,
    testing::Values(
        NamedPlan{"Roomy", S{.slots = 64, .consumers = 3, .messages = 100'000, .history = 32}},
        NamedPlan{"Tiny", S{.slots = 4, .consumers = 3, .messages = 20'000, .history = 3}},
        NamedPlan{"TinyFences",
                  S{.slots = 4, .consumers = 3, .messages = 20'000, .asymmetric_barrier = false, .history = 3}},
        NamedPlan{"AcrossTwoTo64",
                  S{.slots = 4, .consumers = 3, .messages = 20'000, .first_position = 0 - std::uint64_t{5'000}}}),
    [](const auto& churn) { return std::string(churn.param.name); });

}  // namespace
}  // namespace ringview::test
