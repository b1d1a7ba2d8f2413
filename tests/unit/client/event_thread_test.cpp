#include "event_thread.hpp"

#include <sys/epoll.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "dawdling_atomic.hpp"
#include "events_fixture.hpp"
#include "wake_race.hpp"

/// The thread behind event_fd() as consumers come and go, and as publishers race its sleeps.
namespace ringview::test {
namespace {

using namespace std::chrono_literals;
using detail::EventThread;
using detail::EventThreads;

class EventsByThread : public EventsTest {};
INSTANTIATE_TEST_SUITE_P(Kind, EventsByThread, every_kind, kind_name);

TEST_P(EventsByThread, EndWithTheirConsumerAtAnyMoment) {
    std::minstd_rand random(5);
    for (unsigned round = 0; round < 200; ++round) {
        auto ring = std::make_unique<InProcessRing<>>(parameters(8));
        auto listener = std::make_unique<Listener>(*ring, 0, is_lossy());
        std::atomic<bool> is_published{false};
        std::thread publishing([&, producer = ring->producer()]() mutable {
            publish_numbers(producer, 0, 2);
            is_published.store(true);
        });
        for (auto i = random() % 2000; i > 0; --i) platform::relax();
        if (random() % 2 == 0) listener->drain();
        listener.reset();  // its memory goes while the thread is about to write, has just been woken, or sleeps on
        publishing.join();
        ring.reset();
    }
}

// One thread may sleep on 128 words, of which one is its own.
TEST_P(EventsByThread, OfMoreConsumersThanAThreadCanServeHaveASecondThread) {
    constexpr std::size_t count = EventThread::max_events + 3;
    std::vector<std::unique_ptr<InProcessRing<>>> rings;
    std::vector<std::unique_ptr<Listener>> listeners;
    Epoll epoll;
    for (std::size_t i = 0; i < count; ++i) {
        rings.push_back(std::make_unique<InProcessRing<>>(parameters(4)));
        listeners.push_back(std::make_unique<Listener>(*rings.back(), 0, is_lossy()));
        epoll.add(listeners.back()->fd(), EPOLLIN, i);
    }
    EXPECT_EQ(EventThreads::of_process().count(), 2U);
    for (const std::size_t i : {std::size_t{0}, EventThread::max_events - 1, EventThread::max_events, count - 1}) {
        auto producer = rings[i]->producer();
        publish_numbers(producer, i, 1);
        ASSERT_EQ(epoll.wait(), static_cast<std::int64_t>(i));
        EXPECT_EQ(listeners[i]->drain(), Error::empty);
        EXPECT_EQ(listeners[i]->last_number(), i);
    }
    listeners.erase(listeners.begin(), listeners.begin() + static_cast<std::ptrdiff_t>(EventThread::max_events));
    EXPECT_EQ(EventThreads::of_process().count(), 1U) << "the first has nobody left";
}

TEST_P(EventsByThread, ComeAndGoInManyThreadsAtOnce) {
    std::vector<std::thread> threads;
    for (unsigned t = 0; t < 4; ++t) {
        threads.emplace_back([this] {
            for (unsigned round = 0; round < 30; ++round) {
                const InProcessRing<> ring(parameters(8));
                auto producer = ring.producer();
                Listener listener(ring, 0, is_lossy());
                publish_numbers(producer, round, 1);
                ASSERT_TRUE(is_readable(listener.fd(), patience_ms));
                ASSERT_EQ(listener.drain(), Error::empty);
                ASSERT_EQ(listener.last_number(), round);
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
}

/// Publishes as close to the thread's sleeps as can be, until it has sent so many of them to the kernel. One that
/// misses its wake-up lasts until its stretched bound.
TEST_P(EventsByThread, MissNoMessageOfARacingPublisher) {
    const InProcessRing<> ring(parameters(64));
    ring::open_producer_line(ring.daemon(), 0);
    const layout::WritableRing<DawdlingAtomic> memory(ring.geometry(), ring.bytes().slots().data(),
                                                      ring.bytes().cursors().data());
    ring::ProducerSide<DawdlingAtomic> producer(memory, ring.barrier(), 0);
    Listener listener(ring, 0, is_lossy());
    std::atomic<std::uint64_t> drained{0};
    std::atomic<bool> is_over{false};
    std::thread publishing([&] {
        Approach approach(ring.daemon().waiters().bits);
        for (std::uint64_t i = 0;; ++i) {
            while (drained.load() != i && !is_over.load()) std::this_thread::yield();
            if (is_over.load()) return;  // nobody is about to sleep any more, which is what we would wait for
            Dawdling::begin_or_end(&ring.daemon().waiters().bits);
            can_be_woken() ? approach() : platform::pause_for(std::chrono::nanoseconds(approach.number_below(20'000)));
            ASSERT_EQ(try_publish_number(producer, i), ok);
        }
    });
    Epoll epoll;
    epoll.add(listener.fd(), EPOLLIN | EPOLLET);
    const RaceClock clock(1500ms, can_be_woken() ? fewest_sleeps() : 0);
    for (std::uint64_t i = 0; clock.goes_on();) {
        ASSERT_EQ(epoll.wait(), 0) << "after " << i << " messages and " << futex_counts().sleeps << " sleeps";
        listener.drain();
        if (listener.taken() == i) continue;
        ASSERT_EQ(listener.taken(), ++i);
        drained.store(i);
    }
    is_over.store(true);
    publishing.join();
}

}  // namespace
}  // namespace ringview::test
