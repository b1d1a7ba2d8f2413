#include "event_thread.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <ringview/detail/message_event.hpp>
#include <ringview/platform/unique_fd.hpp>
#include <ringview/ring/group.hpp>

#include "dawdling_atomic.hpp"
#include "futex_probe.hpp"
#include "ring_fixture.hpp"
#include "wake_race.hpp"

/// The thread behind event_fd(), on rings in plain memory, with the bound of its sleeps stretched: what only the bound
/// ends has missed its wake-up.
namespace ringview::test {
namespace {

using namespace std::chrono_literals;
using detail::EventThread;
using detail::EventThreads;
using detail::MessageEvent;

constexpr int patience_ms = 20'000;

/// A consumer with an event_fd, as the client library puts the two together.
class Listener {
 public:
    Listener(const InProcessRing<>& ring, unsigned subscription, bool is_lossy = false)
        : Listener(ring, is_lossy ? ring.lossy_consumer(subscription) : ring.consumer(subscription)) {}
    Listener(const InProcessRing<>& ring, const InProcessRing<>::Consumer& consumer)
        : consumer_(consumer), event_(consumer_.message_watch(), ring::Barrier(ring.geometry().asymmetric_barrier)) {
        consumer_.set_alarm(&event_);
    }
    InProcessRing<>::Consumer& consumer() { return consumer_; }
    int fd() const { return event_.fd(); }

    /// Takes and releases what is there. Why it ended.
    Error::Code drain() {
        for (;;) {
            ring::Received message;
            const Error::Code code = consumer_.try_next(message);
            if (code != ok) return code;
            last_number_ = number_in(message);
            ++taken_;
            consumer_.release(message.position);
        }
    }
    std::uint64_t taken() const { return taken_; }
    std::uint64_t last_number() const { return last_number_; }

 private:
    InProcessRing<>::Consumer consumer_;
    MessageEvent event_;
    std::uint64_t taken_ = 0;
    std::uint64_t last_number_ = 0;
};

class Epoll {
 public:
    void add(int fd, std::uint32_t events, std::uint64_t number = 0) {
        epoll_event event{};
        event.events = events;
        event.data.u64 = number;
        ASSERT_EQ(epoll_ctl(fd_.get(), EPOLL_CTL_ADD, fd, &event), 0);
    }
    /// The number of a descriptor that is ready; -1 where none was in time.
    std::int64_t wait(int timeout_ms = patience_ms) {
        epoll_event event{};
        return epoll_wait(fd_.get(), &event, 1, timeout_ms) == 1 ? static_cast<std::int64_t>(event.data.u64) : -1;
    }

 private:
    platform::UniqueFd fd_{epoll_create1(EPOLL_CLOEXEC)};
};

bool is_readable(int fd, int timeout_ms) {
    Epoll epoll;
    epoll.add(fd, EPOLLIN);
    return epoll.wait(timeout_ms) == 0;
}

struct Kind {
    std::string name;
    bool is_asymmetric = true;
    bool is_lossy = false;
    bool has_futex_waitv = true;
    bool has_membarrier = true;
};

// NOLINTNEXTLINE(readability-identifier-naming): GoogleTest's name
void PrintTo(const Kind& kind, std::ostream* out) {
    *out << kind.name;
}

class Events : public testing::TestWithParam<Kind> {
 public:
    Events() {
        wait_for_one_word(!GetParam().has_futex_waitv);
        fail_membarriers(!GetParam().has_membarrier);
        stretch_sleeps(30s);
        reset_futex_counts();
    }
    ~Events() override {
        EXPECT_EQ(futex_counts().overslept, 0U) << "a wake-up was missed";
        EXPECT_EQ(EventThreads::of_process().count(), 0U) << "a thread was left";
        stretch_sleeps(ring::longest_sleep);
        fail_membarriers(false);
        wait_for_one_word(false);
    }

    layout::RingParameters parameters(std::uint64_t slots) const {
        layout::RingParameters p = ring_of(slots, two_to_32 - 3);
        p.asymmetric_barrier = GetParam().is_asymmetric;
        return p;
    }
    bool is_lossy() const { return GetParam().is_lossy; }
    /// Otherwise the thread polls.
    bool can_be_woken() const { return GetParam().has_futex_waitv && GetParam().has_membarrier; }
    /// Of a thread that polls nothing can be said.
    bool has_fallen_asleep() const { return !can_be_woken() || await_sleepers(1); }
};

INSTANTIATE_TEST_SUITE_P(Kind, Events,
                         testing::Values(Kind{.name = "Lossless"}, Kind{.name = "Lossy", .is_lossy = true},
                                         Kind{.name = "Fences", .is_asymmetric = false},
                                         Kind{.name = "NoFutexWaitv", .has_futex_waitv = false},
                                         Kind{.name = "NoMembarrier", .has_membarrier = false}),
                         [](const auto& kind) { return kind.param.name; });

TEST_P(Events, AreReadableFromAMessageUntilNothingIsLeft) {
    const InProcessRing<> ring(parameters(8));
    auto producer = ring.producer();
    Listener listener(ring, 0, is_lossy());
    EXPECT_FALSE(is_readable(listener.fd(), 0));
    for (std::uint64_t i = 0; i < 20; i += 2) {
        publish_numbers(producer, i, 2);
        ASSERT_TRUE(is_readable(listener.fd(), patience_ms));
        ring::Received message;
        ASSERT_EQ(listener.consumer().try_next(message), ok);
        listener.consumer().release(message.position);
        EXPECT_TRUE(is_readable(listener.fd(), 0)) << "one is left";
        EXPECT_EQ(listener.drain(), Error::empty);
        EXPECT_EQ(listener.last_number(), i + 1);
        EXPECT_FALSE(is_readable(listener.fd(), 0)) << "nothing is left";
    }
    EXPECT_EQ(ring.daemon().waiters().bits.load() & ~std::uint64_t{1}, 0U);
}

TEST_P(Events, TellOfWhatWasThereBeforeTheyWere) {
    const InProcessRing<> ring(parameters(8));
    auto producer = ring.producer();
    ring.join(9);
    publish_numbers(producer, 0, 3);
    auto consumer = ring.consumer(0, ring::JoinAt::oldest);
    MessageEvent event(consumer.message_watch(), ring::Barrier(GetParam().is_asymmetric));
    consumer.set_alarm(&event);
    EXPECT_TRUE(is_readable(event.fd(), patience_ms));
}

/// A member whose event_fd is readable may be busy with other things for ever.
TEST_P(Events, OfAMessageForAGroupDoNotKeepItFromAMemberThatSleeps) {
    const InProcessRing<> ring(parameters(8));
    auto producer = ring.producer();
    const layout::Position start = ring::begin_group(ring.daemon(), 5, ring::JoinAt::next);
    const auto member = [&](unsigned subscription) {
        ring.set_state(subscription, layout::MemberState::active);
        ring::join_group(ring.daemon(), 5, subscription);
        const layout::ReadableRing<> memory{ring.geometry(), ring.bytes().slots().data(),
                                            ring.bytes().cursors().data()};
        return InProcessRing<>::Consumer({memory, ring::Barrier(GetParam().is_asymmetric), subscription, start}, 5);
    };
    Listener busy(ring, member(1));
    auto sleeper = member(2);
    for (std::uint64_t number = 0; number < 200; ++number) {
        ASSERT_EQ(busy.drain(), Error::empty);  // looks, sets its alarm, and looks no more
        std::thread publishing([&] {
            std::this_thread::sleep_for(200us);  // mostly both sleep by then
            ASSERT_EQ(producer.reserve(ring::Deadline::never()), ok);
            write_number(producer, number);
            producer.publish(sizeof number);
        });
        ring::Received message;
        EXPECT_EQ(sleeper.next(message, ring::Deadline::after(20s)), ok);
        publishing.join();
        ASSERT_EQ(number_in(message), number);
        sleeper.release(message.position);
    }
}

TEST_P(Events, ReachWhoWaitsForEdgesOnly) {
    const InProcessRing<> ring(parameters(8));
    auto producer = ring.producer();
    Listener listener(ring, 0, is_lossy());
    Epoll epoll;
    epoll.add(listener.fd(), EPOLLIN | EPOLLET);
    for (std::uint64_t i = 0; i < 50; ++i) {
        publish_numbers(producer, i, 1);
        ASSERT_EQ(epoll.wait(), 0) << i;
        ASSERT_EQ(listener.drain(), Error::empty);
        ASSERT_EQ(listener.taken(), i + 1);
    }
}

TEST_P(Events, OfManyRingsMeetInOneEpoll) {
    constexpr unsigned rings = 5;
    std::vector<std::unique_ptr<InProcessRing<>>> all;
    std::vector<std::unique_ptr<Listener>> listeners;
    Epoll epoll;
    for (unsigned i = 0; i < rings; ++i) {
        all.push_back(std::make_unique<InProcessRing<>>(parameters(4)));
        listeners.push_back(std::make_unique<Listener>(*all.back(), i, is_lossy()));
        epoll.add(listeners.back()->fd(), EPOLLIN, i);
    }
    std::thread publishing([&] {
        for (unsigned i = 0; i < rings; ++i) {
            auto producer = all[i]->producer();
            for (std::uint64_t number = 0; number < 100; ++number) {
                ASSERT_EQ(producer.reserve(ring::Deadline::never()), ok);
                write_number(producer, number);
                producer.publish(sizeof number);
                if (is_lossy() && number % 4 == 3) std::this_thread::sleep_for(50us);
            }
        }
    });
    // What is lost may be a tombstone, which no message stands behind.
    const auto is_done = [](const auto& listener) { return listener->taken() + listener->consumer().lost() >= 100; };
    while (!std::all_of(listeners.begin(), listeners.end(), is_done)) {
        const std::int64_t ready = epoll.wait();
        ASSERT_GE(ready, 0);
        EXPECT_EQ(listeners[static_cast<std::size_t>(ready)]->drain(), Error::empty);
    }
    publishing.join();
    EXPECT_EQ(EventThreads::of_process().count(), 1U);
}

TEST_P(Events, TellOfTheRingsRemoval) {
    const InProcessRing<> ring(parameters(8));
    Listener listener(ring, 0, is_lossy());
    ring::mark_removed(ring.daemon());
    ASSERT_TRUE(is_readable(listener.fd(), patience_ms));
    EXPECT_EQ(listener.drain(), Error::removed);
    EXPECT_TRUE(is_readable(listener.fd(), 0)) << "it stays so";
}

TEST_P(Events, TellOfARemovalBetweenTheLastLookAndTheSleep) {
    const InProcessRing<> ring(parameters(8));
    const std::function<void()> remove = [&] { ring::mark_removed(ring.daemon()); };
    Listener listener(ring, 0, is_lossy());
    // The thread is asleep, or about to be, for a first time; a change of position makes it look and sleep again.
    ASSERT_TRUE(has_fallen_asleep());
    at_the_last_moment(&remove);
    auto producer = ring.producer();
    publish_numbers(producer, 0, 1);
    ASSERT_TRUE(is_readable(listener.fd(), patience_ms));
    listener.drain();
    EXPECT_TRUE(is_readable(listener.fd(), patience_ms));
    EXPECT_EQ(listener.drain(), Error::removed);
}

TEST_P(Events, TellOfAnEviction) {
    const InProcessRing<> ring(parameters(8));
    Listener listener(ring, 0, is_lossy());
    ASSERT_TRUE(has_fallen_asleep());
    ring.set_state(0, layout::MemberState::evicted);
    platform::futex_wake_all_32(&ring.daemon().subscription_record(0).state);
    ASSERT_TRUE(is_readable(listener.fd(), patience_ms));
    EXPECT_EQ(listener.drain(), Error::evicted);
}

TEST_P(Events, CostAPublisherNothingOnceTheyAreReadable) {
    const InProcessRing<> ring(parameters(8));
    auto producer = ring.producer();
    Listener listener(ring, 0, is_lossy());
    ASSERT_TRUE(has_fallen_asleep());
    publish_numbers(producer, 0, 1);
    ASSERT_TRUE(is_readable(listener.fd(), patience_ms));
    EXPECT_EQ(ring.daemon().waiters().bits.load(), 0U);
    const std::uint64_t wakes = futex_counts().wakes;
    publish_numbers(producer, 1, 5);
    EXPECT_EQ(futex_counts().wakes, wakes);
}

TEST_P(Events, LetNextWaitToo) {
    const InProcessRing<> ring(parameters(32));  // no lossy consumer is lapped
    auto producer = ring.producer();
    Listener listener(ring, 0, is_lossy());
    ring::Received message;
    EXPECT_EQ(listener.consumer().next(message, ring::Deadline::after(5ms)), Error::empty);
    std::thread publishing([&] {
        for (std::uint64_t i = 0; i < 20; ++i) {
            std::this_thread::sleep_for(100us);
            ASSERT_EQ(producer.reserve(ring::Deadline::never()), ok);
            write_number(producer, i);
            producer.publish(sizeof i);
        }
    });
    for (std::uint64_t i = 0; i < 20; ++i) {
        ASSERT_EQ(listener.consumer().next(message, ring::Deadline::after(20s)), ok);
        EXPECT_EQ(number_in(message), i);
        listener.consumer().release(message.position);
    }
    publishing.join();
    EXPECT_EQ(listener.consumer().next(message, ring::Deadline::after(1ms)), Error::empty);
    EXPECT_FALSE(is_readable(listener.fd(), 0));
}

TEST_P(Events, EndWithTheirConsumerAtAnyMoment) {
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
TEST_P(Events, OfMoreConsumersThanAThreadCanServeHaveASecondThread) {
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

TEST_P(Events, ComeAndGoInManyThreadsAtOnce) {
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
TEST_P(Events, MissNoMessageOfARacingPublisher) {
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
        for (std::uint64_t i = 0; !is_over.load(); ++i) {
            while (drained.load() != i && !is_over.load()) std::this_thread::yield();
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
