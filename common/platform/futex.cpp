#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <ctime>

#include <ringview/platform/clock.hpp>
#include <ringview/platform/futex.hpp>

namespace ringview::platform {
namespace {

// Younger than the oldest kernel headers that this is built with.
constexpr long futex_waitv_number = 449;
constexpr std::uint32_t word_of_32_bits = 2;

/// The kernel's struct futex_waitv.
struct WaitEntry {
    std::uint64_t expected;
    std::uint64_t address;
    std::uint32_t flags;
    std::uint32_t reserved;
};
static_assert(sizeof(WaitEntry) == 24);

constexpr std::int64_t second_ns = 1'000'000'000;

timespec to_timespec(std::int64_t ns) noexcept {
    return {static_cast<time_t>(ns / second_ns), static_cast<long>(ns % second_ns)};
}

FutexResult result_of(long returned) noexcept {
    if (returned >= 0) return FutexResult::woken;
    switch (errno) {
        case EAGAIN:
            return FutexResult::changed;
        case ETIMEDOUT:
            return FutexResult::timed_out;
        default:
            return FutexResult::interrupted;
    }
}

// No FUTEX_PRIVATE_FLAG anywhere: the word lies in memory that several processes map at different addresses.

FutexResult wait_for_one(const FutexWord& word, std::chrono::nanoseconds timeout) noexcept {
    const timespec limit = to_timespec(timeout.count());
    const bool is_bounded = timeout != std::chrono::nanoseconds::max();
    return result_of(
        syscall(SYS_futex, word.address, FUTEX_WAIT, word.expected, is_bounded ? &limit : nullptr, nullptr, 0));
}

}  // namespace

FutexResult futex_wait(const void* word, std::uint32_t expected_low, std::chrono::nanoseconds timeout) noexcept {
    if (timeout.count() <= 0) return FutexResult::timed_out;
    return wait_for_one(FutexWord::low_half(word, expected_low), timeout);
}

bool has_futex_wait_any() noexcept {
    // Without words it is an invalid call for a kernel that knows it.
    static const bool has =
        syscall(futex_waitv_number, nullptr, 0, 0, nullptr, CLOCK_MONOTONIC) == -1 && errno == EINVAL;
    return has;
}

FutexResult futex_wait_any(std::span<const FutexWord> words, std::chrono::nanoseconds timeout) noexcept {
    if (timeout.count() <= 0) return FutexResult::timed_out;
    if (!has_futex_wait_any()) return wait_for_one(words.front(), timeout);
    std::array<WaitEntry, max_futex_words> entries;
    const std::size_t count = std::min(words.size(), entries.size());
    for (std::size_t i = 0; i < count; ++i) {
        entries[i] = {words[i].expected, reinterpret_cast<std::uintptr_t>(words[i].address), word_of_32_bits, 0};
    }
    const bool is_bounded = timeout != std::chrono::nanoseconds::max();
    const timespec end = is_bounded ? to_timespec(monotonic_ns() + timeout.count()) : timespec{};
    return result_of(
        syscall(futex_waitv_number, entries.data(), count, 0, is_bounded ? &end : nullptr, CLOCK_MONOTONIC));
}

unsigned futex_wake_all(const void* word) noexcept {
    return futex_wake_all_32(FutexWord::low_half(word, 0).address);
}

unsigned futex_wake_all_32(const void* word) noexcept {
    const long woken = syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
    return woken > 0 ? static_cast<unsigned>(woken) : 0;
}

}  // namespace ringview::platform
