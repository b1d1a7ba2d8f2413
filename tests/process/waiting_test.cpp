#include <fcntl.h>
#include <sys/epoll.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <ringview/platform/unique_fd.hpp>
#include <ringview/ringview.hpp>

#include "support/daemon.hpp"
#include "support/error_matcher.hpp"
#include "support/numbered.hpp"

/// What every way to wait must do alike, in the words of the C++ API.
namespace ringview::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing_support::throws_error;

struct Way {
    std::string name;
    Waiting waiting = Waiting::sleep;
    std::chrono::nanoseconds spin_time{300};
    bool is_event_fd = false;
    Policy policy = Policy::lossless;
    std::string group{};  ///< empty: its consumers are members of none
    Fences fences = Fences::automatic;
    std::chrono::milliseconds stall_timeout{0};
    std::uint32_t producers = 1;
};

// NOLINTNEXTLINE(readability-identifier-naming): GoogleTest's name
void PrintTo(const Way& way, std::ostream* out) {
    *out << way.name;
}

std::vector<Way> all_ways() {
    std::vector<Way> ways;
    struct Kind {
        const char* name;
        Policy policy;
        const char* group = "";
        std::chrono::milliseconds stall_timeout{0};
        std::uint32_t producers = 1;
    };
    // Long enough that nobody is evicted here.
    for (const Kind& kind :
         {Kind{.name = "Lossless", .policy = Policy::lossless}, Kind{.name = "Lossy", .policy = Policy::lossy},
          Kind{.name = "Member", .policy = Policy::lossless, .group = "group"},
          Kind{.name = "Evictable", .policy = Policy::lossless, .stall_timeout = 1h},
          Kind{.name = "OfSeveral", .policy = Policy::lossless, .producers = 3}}) {
        for (const auto& [fences, fences_name] : {std::pair{Fences::automatic, ""}, {Fences::always, "Fences"}}) {
            if (fences == Fences::always && (kind.stall_timeout != 0ms || kind.producers != 1)) continue;
            const auto add = [&, f = fences, suffix = std::string(kind.name) + fences_name](
                                 const char* name, Waiting waiting, std::chrono::nanoseconds spin_time,
                                 bool is_event_fd = false) {
                ways.push_back({name + suffix, waiting, spin_time, is_event_fd, kind.policy, kind.group, f,
                                kind.stall_timeout, kind.producers});
            };
            add("Spin", Waiting::spin, 300ns);
            add("Yield", Waiting::yield, 300ns);
            add("Sleep", Waiting::sleep, 300ns);
            add("SleepAtOnce", Waiting::sleep, 0ns);
            add("SleepLate", Waiting::sleep, 50us);
            add("EventFd", Waiting::sleep, 300ns, true);
        }
    }
    return ways;
}

class WaysToWait : public testing::TestWithParam<Way> {
 protected:
    void create(const std::string& ring, std::uint64_t slots) {
        client.create({.name = ring,
                       .shape = {64},
                       .slots = slots,
                       .producers = GetParam().producers,
                       .stall_timeout = GetParam().stall_timeout,
                       .fences = GetParam().fences});
    }
    Consumer<> consumer(const std::string& ring, const std::string& name = "consumer") {
        return client.consumer(ring, {.name = name,
                                      .policy = GetParam().policy,
                                      .group = GetParam().group,
                                      .waiting = GetParam().waiting,
                                      .spin_time = GetParam().spin_time});
    }
    /// One that holds producers up, of the kind that is tested if that can.
    Consumer<> slow_consumer() {
        return client.consumer("ring", {.name = "slow", .group = GetParam().group, .waiting = GetParam().waiting});
    }
    Producer<> producer(const std::string& ring) {
        return client.producer(ring, {.waiting = GetParam().waiting, .spin_time = GetParam().spin_time});
    }

    /// The next message in the way that is tested; empty after `timeout`.
    Message<> next(Consumer<>& from, std::chrono::nanoseconds timeout = patience) const {
        if (!GetParam().is_event_fd) return from.next(timeout);
        const auto end = std::chrono::steady_clock::now() + timeout;
        for (;;) {
            Message<> message = from.try_next();
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
            if (message || message.error() != Error::empty || left.count() <= 0) return message;
            await_readable({&from}, left);
        }
    }
    /// Those that are readable.
    static std::vector<Consumer<>*> await_readable(const std::vector<Consumer<>*>& consumers,
                                                   std::chrono::milliseconds timeout) {
        const platform::UniqueFd epoll(epoll_create1(EPOLL_CLOEXEC));
        for (Consumer<>* each : consumers) {
            epoll_event event{};
            event.events = EPOLLIN;
            event.data.ptr = each;
            EXPECT_EQ(epoll_ctl(epoll.get(), EPOLL_CTL_ADD, each->event_fd(), &event), 0);
        }
        std::vector<epoll_event> events(consumers.size());
        const int count =
            epoll_wait(epoll.get(), events.data(), static_cast<int>(events.size()), static_cast<int>(timeout.count()));
        std::vector<Consumer<>*> readable;
        for (int i = 0; i < count; ++i)
            readable.push_back(static_cast<Consumer<>*>(events[static_cast<std::size_t>(i)].data.ptr));
        return readable;
    }

    static void publish(Producer<>& to, std::uint64_t number) {
        Slot<> slot = to.reserve(patience);
        ASSERT_TRUE(slot) << number << ": " << slot.error().message();
        write_numbered(slot.bytes(), number);
        slot.publish();
    }
    static void expect_number(const AnyMessage& message, std::uint64_t number) {
        ASSERT_TRUE(message) << number << ": " << message.error().message();
        EXPECT_EQ(message.position(), number);
        std::vector<std::byte> expected(64);
        write_numbered(expected, number);
        EXPECT_TRUE(std::ranges::equal(message.bytes(), expected)) << number;
    }

    Daemon daemon;
    Client client = daemon.client();
};

INSTANTIATE_TEST_SUITE_P(All, WaysToWait, testing::ValuesIn(all_ways()),
                         [](const auto& way) { return way.param.name; });

TEST_P(WaysToWait, GetEachMessageOnceAndInOrder) {
    constexpr std::uint64_t count = 3000;
    create("ring", 8192);  // no lossy consumer is lapped
    Consumer<> from = consumer("ring");
    std::thread producing([to = producer("ring")]() mutable {
        for (std::uint64_t number = 0; number < count; ++number) publish(to, number);
    });
    for (std::uint64_t number = 0; number < count; ++number) expect_number(next(from), number);
    producing.join();
    EXPECT_EQ(from.try_next().error(), Error::empty);
    EXPECT_EQ(from.lost(), 0U);
}

TEST_P(WaysToWait, WakeFromEmptyAgainAndAgain) {
    create("there", 4);
    create("back", 4);
    Consumer<> here = consumer("back");
    std::thread peer([this, to = producer("back"), from = consumer("there")]() mutable {
        for (std::uint64_t number = 0; number < 300; ++number) {
            expect_number(next(from), number);
            publish(to, number);
        }
    });
    Producer<> to = producer("there");
    for (std::uint64_t number = 0; number < 300; ++number) {
        publish(to, number);
        expect_number(next(here), number);
    }
    peer.join();
}

TEST_P(WaysToWait, GetWhatComesAfterALongSilence) {
    create("ring", 4);
    Consumer<> from = consumer("ring");
    std::atomic<bool> has_begun{false};
    std::thread producing([&, to = producer("ring")]() mutable {
        wait_until("the consumer", [&] { return has_begun.load(); });
        // Longer than the longest sleep; that the message comes does not depend on it.
        std::this_thread::sleep_for(150ms);
        publish(to, 0);
    });
    has_begun.store(true);
    expect_number(next(from), 0);
    producing.join();
}

TEST_P(WaysToWait, HonourTimeouts) {
    create("ring", 4);
    Consumer<> from = consumer("ring");
    for (const auto timeout : {0ns, 1ns, std::chrono::nanoseconds(20ms)}) {
        const auto begin = std::chrono::steady_clock::now();
        EXPECT_EQ(next(from, timeout).error(), Error::empty);
        EXPECT_GE(std::chrono::steady_clock::now() - begin, timeout);
    }
    Producer<> to = producer("ring");
    publish(to, 0);
    expect_number(next(from, 0ns), 0);
}

TEST_P(WaysToWait, HonourTimeoutsOfAProducer) {
    create("ring", 4);
    const Consumer<> slow = slow_consumer();
    Producer<> to = producer("ring");
    for (std::uint64_t number = 0; number < 4; ++number) publish(to, number);
    for (const auto timeout : {0ns, 1ns, std::chrono::nanoseconds(20ms)}) {
        const auto begin = std::chrono::steady_clock::now();
        EXPECT_EQ(to.reserve(timeout).error(), Error::full);
        EXPECT_GE(std::chrono::steady_clock::now() - begin, timeout);
    }
}

TEST_P(WaysToWait, WaitForRoomInASmallRing) {
    create("ring", 2);
    Consumer<> slow = slow_consumer();
    std::thread producing([to = producer("ring")]() mutable {
        for (std::uint64_t number = 0; number < 1000; ++number) publish(to, number);
    });
    for (std::uint64_t number = 0; number < 1000; ++number) expect_number(next(slow), number);
    producing.join();
}

TEST_P(WaysToWait, EndWithTheRing) {
    create("ring", 4);
    Consumer<> from = consumer("ring");
    std::atomic<bool> has_begun{false};
    std::thread removing([&] {
        wait_until("the consumer", [&] { return has_begun.load(); });
        std::this_thread::sleep_for(5ms);
        client.remove("ring");
    });
    has_begun.store(true);
    EXPECT_EQ(next(from).error(), Error::removed);
    removing.join();
    EXPECT_EQ(next(from).error(), Error::removed) << "also afterwards";
}

TEST_P(WaysToWait, EndWithTheRingForAProducerToo) {
    create("ring", 4);
    const Consumer<> slow = slow_consumer();
    Producer<> to = producer("ring");
    for (std::uint64_t number = 0; number < 4; ++number) publish(to, number);
    std::thread removing([&] { client.remove("ring"); });
    EXPECT_EQ(to.reserve(patience).error(), Error::removed);
    removing.join();
}

TEST_P(WaysToWait, ServeManyRingsAtOnce) {
    constexpr std::uint64_t rings = 6;
    constexpr std::uint64_t count = 200;
    std::vector<Consumer<>> consumers;
    std::vector<Producer<>> producers;
    for (std::uint64_t ring = 0; ring < rings; ++ring) {
        create("ring/" + std::to_string(ring), 256);
        consumers.push_back(consumer("ring/" + std::to_string(ring)));
        producers.push_back(producer("ring/" + std::to_string(ring)));
    }
    std::thread producing([&] {
        for (std::uint64_t number = 0; number < count; ++number) {
            for (Producer<>& to : producers) publish(to, number);
        }
    });
    if (GetParam().is_event_fd) {
        std::vector<Consumer<>*> waiting;
        std::vector<std::uint64_t> taken(rings, 0);
        for (Consumer<>& each : consumers) waiting.push_back(&each);
        while (std::any_of(taken.begin(), taken.end(), [](std::uint64_t n) { return n < count; })) {
            const auto readable = await_readable(waiting, patience);
            ASSERT_FALSE(readable.empty());
            for (Consumer<>* from : readable) {
                std::uint64_t& number = taken[static_cast<std::size_t>(from - consumers.data())];
                while (const Message<> message = from->try_next()) expect_number(message, number++);
            }
        }
    } else {
        for (std::uint64_t number = 0; number < count; ++number) {
            for (Consumer<>& from : consumers) expect_number(next(from), number);
        }
    }
    producing.join();
    EXPECT_EQ(std::count_if(consumers.begin(), consumers.end(), [](Consumer<>& c) { return bool(c.try_next()); }), 0);
}

TEST_P(WaysToWait, OutliveTheDaemon) {
    create("ring", 4);
    Consumer<> from = consumer("ring");
    Producer<> to = producer("ring");
    publish(to, 0);
    expect_number(next(from), 0);
    daemon.kill();
    std::thread producing([&] { publish(to, 1); });
    expect_number(next(from), 1);
    producing.join();
}

class EventFd : public testing::Test {
 protected:
    EventFd() { client.create({.name = "ring", .slots = 8}); }
    static std::size_t threads() {
        return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator("/proc/self/task"), {}));
    }

    Daemon daemon;
    Client client = daemon.client();
};

TEST_F(EventFd, BelongsToTheHandleWhereverThatMoves) {
    std::optional<Consumer<>> consumer = client.consumer("ring");
    const int fd = consumer->event_fd();
    EXPECT_EQ(consumer->event_fd(), fd);
    Consumer<> moved = std::move(*consumer);
    EXPECT_EQ(moved.event_fd(), fd);
    EXPECT_THAT([&] { consumer->event_fd(); }, throws_error(Error::closed));
    consumer.reset();
    EXPECT_NE(fcntl(fd, F_GETFD), -1);
    EXPECT_NE(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
    { const Consumer<> last = std::move(moved); }
    EXPECT_EQ(fcntl(fd, F_GETFD), -1);
}

TEST_F(EventFd, HasAThreadOnlyWhileSomebodyHasOne) {
    const std::size_t before = threads();
    std::optional<Consumer<>> first = client.consumer("ring", {.name = "first"});
    std::optional<Consumer<>> second = client.consumer("ring", {.name = "second"});
    EXPECT_EQ(threads(), before);
    first->event_fd();
    EXPECT_EQ(threads(), before + 1);
    second->event_fd();
    EXPECT_EQ(threads(), before + 1);
    first.reset();
    EXPECT_EQ(threads(), before + 1);
    second.reset();
    wait_until("the end of the thread", [&] { return threads() == before; });
}

TEST_F(EventFd, OutlivesItsHandleAsLongAsAMessageDoes) {
    Producer<> producer = client.producer("ring");
    std::optional<Consumer<>> consumer = client.consumer("ring");
    const int fd = consumer->event_fd();
    producer.reserve().publish();
    Message<> message = consumer->next();
    consumer.reset();
    EXPECT_NE(fcntl(fd, F_GETFD), -1);
    message.release();
    EXPECT_EQ(fcntl(fd, F_GETFD), -1);
}

TEST(WaitOptions, RefuseASpinTimeThatMakesNoSense) {
    Daemon daemon;
    Client client = daemon.client();
    client.create({.name = "ring"});
    for (const auto spin_time : {-1ns, std::chrono::nanoseconds(1s) + 1ns}) {
        EXPECT_THAT([&] { client.consumer("ring", {.spin_time = spin_time}); },
                    throws_error(Error::invalid, HasSubstr("spin time")));
        EXPECT_THAT([&] { client.producer("ring", {.spin_time = spin_time}); },
                    throws_error(Error::invalid, HasSubstr("spin time")));
    }
    EXPECT_NO_THROW(client.consumer("ring", {.spin_time = 1s}));
}

/// Of all ways but `spin`, which takes no notice of it.
TEST(WaitOptions, HonourTimeoutsThatAreShorterThanTheSpinTime) {
    Daemon daemon;
    Client client = daemon.client();
    client.create({.name = "ring", .slots = 1});
    for (const Waiting waiting : {Waiting::sleep, Waiting::yield}) {
        Consumer<> from = client.consumer("ring", {.waiting = waiting, .spin_time = 1s});
        Producer<> to = client.producer("ring", {.waiting = waiting, .spin_time = 1s});
        const auto begin = std::chrono::steady_clock::now();
        EXPECT_EQ(from.next(1ms).error(), Error::empty);
        EXPECT_EQ(from.next(4, 1ms).error(), Error::empty);
        EXPECT_EQ(from.latest(1ms).error(), Error::empty);
        to.reserve().publish();
        EXPECT_EQ(to.reserve(1ms).error(), Error::full);
        EXPECT_LT(std::chrono::steady_clock::now() - begin, 1s);
    }
}

}  // namespace
}  // namespace ringview::test
