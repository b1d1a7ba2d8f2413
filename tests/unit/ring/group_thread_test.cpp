#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <ringview/ring/group.hpp>
#include <ringview/ring/group_member.hpp>

#include "stream_fixture.hpp"

/// Members in threads of their own, which compete for one stream.
namespace ringview::test {
namespace {

constexpr unsigned group = 0;

ring::GroupMember<> member_of(const InProcessRing<>& ring, unsigned subscription) {
    ring.set_state(subscription, layout::MemberState::active);
    ring::join_group(ring.daemon(), group, subscription);
    return ring::GroupMember<>({{ring.geometry(), ring.bytes().slots().data(), ring.bytes().cursors().data()},
                                ring.barrier(),
                                subscription,
                                0},
                               group);
}

class GroupOfThreads : public testing::TestWithParam<NamedPlan> {};

TEST_P(GroupOfThreads, TakesEachMessageOnceWholeAndSleepsThroughNone) {
    const StretchedSleeps stretched;
    const StreamPlan& plan = GetParam().plan;
    const InProcessRing<> ring(ring_for(plan));
    ring::begin_group(ring.daemon(), group, ring::JoinAt::next);
    const std::uint64_t all = plan.messages * plan.producers;
    std::vector<std::atomic<unsigned>> taken(all);
    std::atomic<std::uint64_t> total{0};
    std::atomic<unsigned> failures{0};
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < plan.consumers; ++i) {
        threads.emplace_back([&, i, member = member_of(ring, i)]() mutable {
            std::vector<ring::Received> batch(1 + i);
            for (;;) {
                std::size_t count = 0;
                const Error::Code code = member.next_batch(batch, count, ring::Deadline::never());
                if (code == Error::removed) return;
                if (code != Error::Code{}) {
                    failures.fetch_add(1);
                    return ring::mark_removed(ring.daemon());
                }
                for (std::size_t k = 0; k < count; ++k) {
                    if (!StreamMessage(batch[k].position).equals(batch[k])) failures.fetch_add(1);
                    taken[batch[k].position].fetch_add(1);
                }
                member.release_batch(std::span(batch).first(count));
                if (total.fetch_add(count) + count == all) ring::mark_removed(ring.daemon());
            }
        });
    }
    const auto send = [&](auto producer) {
        if (!send_stream(producer, plan.messages)) failures.fetch_add(1);
    };
    if (plan.producers == 1) {
        threads.emplace_back(send, ring.producer());
    } else {
        for (unsigned line = 0; line < plan.producers; ++line) threads.emplace_back(send, ring.shared_producer(line));
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(failures.load(), 0U);
    for (const auto& times : taken) ASSERT_EQ(times.load(), 1U);
}

INSTANTIATE_TEST_SUITE_P(
    Plans, GroupOfThreads,
    testing::Values(NamedPlan{"OneMember", {.slots = 8, .consumers = 1, .messages = 5000}},
                    NamedPlan{"FourMembers", {.slots = 16, .consumers = 4, .messages = 20000}},
                    NamedPlan{"ATinyRing", {.slots = 2, .consumers = 3, .messages = 5000}},
                    NamedPlan{"SeveralProducers", {.slots = 16, .consumers = 3, .messages = 5000, .producers = 3}},
                    NamedPlan{"FencesOnly",
                              {.slots = 16, .consumers = 3, .messages = 10000, .asymmetric_barrier = false}}),
    [](const auto& named) { return std::string(named.param.name); });

}  // namespace
}  // namespace ringview::test
