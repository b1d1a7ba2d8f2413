#include "futex_probe.hpp"

#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <functional>
#include <span>
#include <thread>

#include <ringview/platform/cpu.hpp>
#include <ringview/platform/futex.hpp>
#include <ringview/platform/membarrier.hpp>
#include <ringview/ring/waiting.hpp>

namespace ringview::test {
namespace {

using platform::FutexResult;
using platform::FutexWord;

// What --wrap makes of the names: calls of the first in each pair arrive at ours, the second is the function itself.
#define FUTEX_WAIT_NAME                                                                                              \
    "_ZN8ringview8platform14futex_wait_anyESt4spanIKNS0_9FutexWordELm18446744073709551615EENSt6chrono8durationIlSt5" \
    "ratioILl1ELl1000000000EEEE"
#define HAS_FUTEX_WAIT_NAME "_ZN8ringview8platform18has_futex_wait_anyEv"
#define FUTEX_WAKE_NAME "_ZN8ringview8platform14futex_wake_allEPKv"
#define MEMBARRIER_NAME "_ZN8ringview8platform10membarrierEv"
#define PAUSE_NAME "_ZN8ringview8platform9pause_forENSt6chrono8durationIlSt5ratioILl1ELl1000000000EEEE"

std::atomic<std::uint64_t> sleeps{0};
std::atomic<std::uint64_t> wakes{0};
std::atomic<std::uint64_t> barriers{0};
std::atomic<std::uint64_t> overslept{0};
std::atomic<std::uint64_t> pauses{0};
std::atomic<std::int64_t> longest_sleep_ns{ring::longest_sleep.count()};
std::atomic<void (*)()> membarrier_action{nullptr};
std::atomic<bool> membarriers_fail{false};
std::atomic<bool> waits_for_one_word{false};
std::atomic<const std::function<void()>*> last_moment_action{nullptr};

/// The threads that are inside futex_wait_any now, by thread number; 0: a free place.
std::array<std::atomic<int>, 128> sleeping_threads{};

class SleepingThread {
 public:
    SleepingThread() noexcept {
        const int thread = gettid();
        for (auto& place : sleeping_threads) {
            int free = 0;
            if (!place.compare_exchange_strong(free, thread)) continue;
            place_ = &place;
            return;
        }
    }
    ~SleepingThread() {
        if (place_ != nullptr) place_->store(0);
    }
    SleepingThread(const SleepingThread&) = delete;
    SleepingThread& operator=(const SleepingThread&) = delete;

 private:
    std::atomic<int>* place_ = nullptr;
};

/// Whether the kernel has put the thread to sleep. A thread that is inside futex_wait_any does so nowhere else.
bool is_asleep(int thread) noexcept {
    std::array<char, 64> path{};
    std::snprintf(path.data(), path.size(), "/proc/self/task/%d/stat", thread);
    std::array<char, 256> text{};
    std::FILE* file = std::fopen(path.data(), "r");
    if (file == nullptr) return false;
    const std::size_t length = std::fread(text.data(), 1, text.size() - 1, file);
    std::fclose(file);
    text[length] = '\0';
    const char* name_end = std::strrchr(text.data(), ')');
    return name_end != nullptr && name_end[1] == ' ' && name_end[2] == 'S';
}

unsigned count_sleepers() noexcept {
    unsigned count = 0;
    for (const auto& place : sleeping_threads) {
        const int thread = place.load();
        if (thread != 0 && is_asleep(thread)) ++count;
    }
    return count;
}

}  // namespace

FutexResult real_futex_wait_any(std::span<const FutexWord> words, std::chrono::nanoseconds timeout) noexcept
    asm("__real_" FUTEX_WAIT_NAME);
FutexResult probed_futex_wait_any(std::span<const FutexWord> words, std::chrono::nanoseconds timeout) noexcept
    asm("__wrap_" FUTEX_WAIT_NAME);
bool real_has_futex_wait_any() noexcept asm("__real_" HAS_FUTEX_WAIT_NAME);
bool probed_has_futex_wait_any() noexcept asm("__wrap_" HAS_FUTEX_WAIT_NAME);
unsigned real_futex_wake_all(const void* word) noexcept asm("__real_" FUTEX_WAKE_NAME);
unsigned probed_futex_wake_all(const void* word) noexcept asm("__wrap_" FUTEX_WAKE_NAME);
bool real_membarrier() noexcept asm("__real_" MEMBARRIER_NAME);
bool probed_membarrier() noexcept asm("__wrap_" MEMBARRIER_NAME);
void real_pause_for(std::chrono::nanoseconds duration) noexcept asm("__real_" PAUSE_NAME);
void probed_pause_for(std::chrono::nanoseconds duration) noexcept asm("__wrap_" PAUSE_NAME);

FutexResult probed_futex_wait_any(std::span<const FutexWord> words, std::chrono::nanoseconds timeout) noexcept {
    if (const auto* action = last_moment_action.exchange(nullptr); action != nullptr) (*action)();
    const SleepingThread here;
    sleeps.fetch_add(1, std::memory_order_relaxed);
    const bool is_longest = timeout >= ring::longest_sleep && timeout != std::chrono::nanoseconds::max();
    if (is_longest) timeout = std::chrono::nanoseconds(longest_sleep_ns.load(std::memory_order_relaxed));
    if (waits_for_one_word.load()) words = words.first(1);
    const FutexResult result = real_futex_wait_any(words, timeout);
    if (is_longest && result == FutexResult::timed_out) overslept.fetch_add(1, std::memory_order_relaxed);
    return result;
}

bool probed_has_futex_wait_any() noexcept {
    return !waits_for_one_word.load() && real_has_futex_wait_any();
}

unsigned probed_futex_wake_all(const void* word) noexcept {
    wakes.fetch_add(1, std::memory_order_relaxed);
    return real_futex_wake_all(word);
}

bool probed_membarrier() noexcept {
    barriers.fetch_add(1, std::memory_order_relaxed);
    if (membarriers_fail.load()) return false;
    void (*const action)() = membarrier_action.load();
    if (action == nullptr) return real_membarrier();
    action();
    return true;
}

void probed_pause_for(std::chrono::nanoseconds duration) noexcept {
    pauses.fetch_add(1, std::memory_order_relaxed);
    real_pause_for(duration);
}

FutexCounts futex_counts() noexcept {
    return {sleeps.load(), wakes.load(), barriers.load(), overslept.load(), pauses.load()};
}

void reset_futex_counts() noexcept {
    for (auto* counter : {&sleeps, &wakes, &barriers, &overslept, &pauses}) counter->store(0);
}

void stretch_sleeps(std::chrono::nanoseconds bound) noexcept {
    longest_sleep_ns.store(bound.count());
}

void replace_membarrier(void (*action)()) noexcept {
    membarrier_action.store(action);
}

void wait_for_one_word(bool only_one) noexcept {
    waits_for_one_word.store(only_one);
}

void at_the_last_moment(const std::function<void()>* action) noexcept {
    last_moment_action.store(action);
}

void fail_membarriers(bool fail) noexcept {
    membarriers_fail.store(fail);
}

bool help_with_membarrier() noexcept {
    return real_membarrier();
}

bool await_sleepers(unsigned threads) noexcept {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (count_sleepers() < threads) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::yield();
    }
    return true;
}

}  // namespace ringview::test
