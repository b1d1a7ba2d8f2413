#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "futex_probe.hpp"

/// Sleepers that run freely, and others whose every step races their next sleep as closely as it can be made to.
namespace ringview::test {

/// A race goes on until it has seen so many sleeps: a few, or what RINGVIEW_SLEEPS says (./run soak: millions in all).
inline std::uint64_t fewest_sleeps() {
    constexpr std::uint64_t for_a_test_run = 20;
    const char* const asked = std::getenv("RINGVIEW_SLEEPS");
    return asked == nullptr ? for_a_test_run : std::stoull(asked);
}

/// Whether a race goes on: for its time, and until it has seen enough sleeps; not beyond a lost wake-up.
class RaceClock {
 public:
    explicit RaceClock(std::chrono::steady_clock::duration time, std::uint64_t fewest = fewest_sleeps())
        : end_(std::chrono::steady_clock::now() + time), fewest_sleeps_(fewest) {}
    bool goes_on() const {
        const FutexCounts counts = futex_counts();
        if (counts.overslept != 0) return false;
        return counts.sleeps < fewest_sleeps_ || std::chrono::steady_clock::now() < end_;
    }

 private:
    std::chrono::steady_clock::time_point end_;
    std::uint64_t fewest_sleeps_;
};

/// Lets the other side come close to its sleep: for a random time, or, every other time, until it has said that it is
/// about to sleep, for on a busy machine the first kind hardly ever gets there.
class Approach {
 public:
    explicit Approach(const std::atomic<std::uint64_t>& sleepers_bits, unsigned seed = 7)
        : sleepers_bits_(&sleepers_bits), random_(seed) {}

    void operator()() {
        const bool until_it_is_said = random_() % 2 == 0;
        while (until_it_is_said && sleepers_bits_->load(std::memory_order_relaxed) == 0) std::this_thread::yield();
        const auto delay = std::chrono::nanoseconds(random_() % (until_it_is_said ? 2'000 : 20'000));
        const auto end = std::chrono::steady_clock::now() + delay;
        while (std::chrono::steady_clock::now() < end) {
        }
    }

    const std::atomic<std::uint64_t>& sleepers_bits() const { return *sleepers_bits_; }
    std::uint64_t number_below(std::uint64_t limit) { return random_() % limit; }

 private:
    const std::atomic<std::uint64_t>* sleepers_bits_;
    std::mt19937 random_;
};

/// What all of the sleepers together have done.
class Progress {
 public:
    void add(std::uint64_t count) noexcept { count_.fetch_add(count); }
    /// Something is wrong, and nobody waits for more.
    void give_up() noexcept { is_broken_.store(true); }
    bool is_broken() const noexcept { return is_broken_.load(); }
    /// Whether it came to that.
    bool await(std::uint64_t count) const {
        while (count_.load() != count && !is_broken()) std::this_thread::yield();
        return !is_broken();
    }

 private:
    std::atomic<std::uint64_t> count_{0};
    std::atomic<bool> is_broken_{false};
};

/// Calls each of `steps` once a round, each in a thread of its own, all at once. A step returns what it adds to the
/// progress that the sleepers make of it, and the next round begins when they have made it.
inline void race_in_rounds(const std::vector<std::function<std::uint64_t()>>& steps, const Progress& progress,
                           const RaceClock& clock, std::uint64_t expected = 0) {
    std::atomic<std::uint64_t> round{0};
    std::atomic<bool> is_over{false};
    std::atomic<std::uint64_t> added{0};
    std::atomic<std::uint64_t> done{0};
    const auto take_step = [&](const std::function<std::uint64_t()>& step) {
        added.fetch_add(step());
        done.fetch_add(1);
    };
    std::vector<std::thread> others;
    for (std::size_t i = 1; i < steps.size(); ++i) {
        others.emplace_back([&, i] {
            for (std::uint64_t mine = 0;;) {
                while (round.load() == mine && !is_over.load()) std::this_thread::yield();
                if (is_over.load()) return;
                take_step(steps[i]);
                ++mine;
            }
        });
    }
    while (clock.goes_on() && progress.await(expected + added.load())) {
        done.store(0);
        round.fetch_add(1);
        take_step(steps.front());
        while (done.load() != steps.size()) std::this_thread::yield();
    }
    progress.await(expected + added.load());
    is_over.store(true);
    for (std::thread& other : others) other.join();
}

}  // namespace ringview::test
