#pragma once

#include <chrono>
#include <mutex>
#include <ostream>
#include <thread>

#include <gtest/gtest.h>
#include <ringview/ring/recovery.hpp>

#include "futex_probe.hpp"
#include "ring_fixture.hpp"
#include "stream.hpp"

namespace ringview::test {

/// A wake-up that gets lost here would be made good after 100 ms and nobody would know.
class StretchedSleeps {
 public:
    StretchedSleeps() {
        stretch_sleeps(std::chrono::seconds(20));
        reset_futex_counts();
    }
    ~StretchedSleeps() {
        EXPECT_EQ(futex_counts().overslept, 0U) << "a sleeper was not woken";
        stretch_sleeps(ring::longest_sleep);
    }
    StretchedSleeps(const StretchedSleeps&) = delete;
    StretchedSleeps& operator=(const StretchedSleeps&) = delete;
};

struct NamedPlan {
    const char* name;
    StreamPlan plan;
};

// NOLINTNEXTLINE(readability-identifier-naming): GoogleTest's name
inline void PrintTo(const NamedPlan& named, std::ostream* out) {
    *out << named.name;
}

/// The daemon's work is one thread's at a time.
class Members {
 public:
    explicit Members(const InProcessRing<>& ring) : ring_(ring) {}
    InProcessRing<>::Consumer join(unsigned subscription, ring::JoinAt at) {
        const std::lock_guard lock(daemon_);
        return ring_.consumer(subscription, at);
    }
    void leave(unsigned subscription) {
        const std::lock_guard lock(daemon_);
        ring::leave(ring_.daemon(), subscription);
    }
    /// Until it is done, again and again; then another producer has the line.
    void replace_producer(unsigned line) {
        while (!recover(line)) std::this_thread::yield();
        const std::lock_guard lock(daemon_);
        gone_ &= ~(std::uint64_t{1} << line);
    }

 private:
    bool recover(unsigned line) {
        const std::lock_guard lock(daemon_);
        gone_ |= std::uint64_t{1} << line;
        return ring::recover_producer(ring_.daemon(), line, gone_).is_done;
    }

    const InProcessRing<>& ring_;
    std::uint64_t gone_ = 0;
    std::mutex daemon_;
};

}  // namespace ringview::test
