#include <sys/epoll.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <ringview/ring/group.hpp>

#include "events_fixture.hpp"

/// What a consumer's event_fd() tells of, and when.
namespace ringview::test {
namespace {

using namespace std::chrono_literals;
using detail::EventThreads;
using detail::MessageEvent;

class Events : public EventsTest {};
INSTANTIATE_TEST_SUITE_P(Kind, Events, every_kind, kind_name);

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

}  // namespace
}  // namespace ringview::test
