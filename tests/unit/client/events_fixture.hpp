#pragma once

#include <sys/epoll.h>

#include <chrono>
#include <cstdint>
#include <ostream>
#include <string>

#include <gtest/gtest.h>
#include <ringview/detail/message_event.hpp>
#include <ringview/platform/unique_fd.hpp>

#include "event_thread.hpp"
#include "futex_probe.hpp"
#include "ring_fixture.hpp"

/// The thread behind event_fd(), on rings in plain memory, with the bound of its sleeps stretched: what only the bound
/// ends has missed its wake-up.
namespace ringview::test {

inline constexpr int patience_ms = 20'000;

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
    detail::MessageEvent event_;
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

inline bool is_readable(int fd, int timeout_ms) {
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
inline void PrintTo(const Kind& kind, std::ostream* out) {
    *out << kind.name;
}

class EventsTest : public testing::TestWithParam<Kind> {
 public:
    EventsTest() {
        wait_for_one_word(!GetParam().has_futex_waitv);
        fail_membarriers(!GetParam().has_membarrier);
        stretch_sleeps(std::chrono::seconds{30});
        reset_futex_counts();
    }
    ~EventsTest() override {
        EXPECT_EQ(futex_counts().overslept, 0U) << "a wake-up was missed";
        EXPECT_EQ(detail::EventThreads::of_process().count(), 0U) << "a thread was left";
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

inline const auto every_kind = testing::Values(
    Kind{.name = "Lossless"}, Kind{.name = "Lossy", .is_lossy = true}, Kind{.name = "Fences", .is_asymmetric = false},
    Kind{.name = "NoFutexWaitv", .has_futex_waitv = false}, Kind{.name = "NoMembarrier", .has_membarrier = false});
inline std::string kind_name(const testing::TestParamInfo<Kind>& info) {
    return info.param.name;
}

}  // namespace ringview::test
