#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

/// Stands between the ring and the platform (the linker's --wrap): counts sleeps, wake-ups and pauses, and tells when
/// threads are really asleep. One set of counters a program, which runs one test at a time.
namespace ringview::test {

struct FutexCounts {
    std::uint64_t sleeps = 0;
    std::uint64_t wakes = 0;  ///< system calls, also those that found nobody asleep
    std::uint64_t barriers = 0;
    std::uint64_t overslept = 0;  ///< sleeps that nothing but their bound has ended
    std::uint64_t pauses = 0;     ///< without the kernel, of a side that keeps out of the other's way
};

FutexCounts futex_counts() noexcept;
void reset_futex_counts() noexcept;

/// Makes sleeps that last the longest the ring lets them (100 ms) last up to `bound`: longer than any delay of a busy
/// machine, so that a sleep that reaches it has missed its wake-up.
void stretch_sleeps(std::chrono::nanoseconds bound) noexcept;

/// From now on membarrier() does this instead of its work; null: its work again.
void replace_membarrier(void (*action)()) noexcept;

/// From now on membarrier() says that it cannot.
void fail_membarriers(bool fail) noexcept;

/// membarrier() itself, whatever was asked for above: for somebody else who may call it.
bool help_with_membarrier() noexcept;

/// From now on as on a kernel without futex_waitv.
void wait_for_one_word(bool only_one) noexcept;

/// The next sleep does this before it begins, when its sleeper has looked for the last time.
void at_the_last_moment(const std::function<void()>* action) noexcept;

/// Waits until `threads` threads of this process are asleep in a futex_wait_any of the ring; false after ten seconds.
bool await_sleepers(unsigned threads) noexcept;

}  // namespace ringview::test
