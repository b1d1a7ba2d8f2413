#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <climits>
#include <ctime>

#include <ringview/platform/futex.hpp>

namespace ringview::platform {
namespace {

const std::uint32_t* low_half(const void* word) noexcept {
    const auto* halves = static_cast<const std::uint32_t*>(word);
    return std::endian::native == std::endian::little ? halves : halves + 1;
}

}  // namespace

// No FUTEX_PRIVATE_FLAG: the word lies in memory that several processes map at different addresses.

FutexResult futex_wait(const void* word, std::uint32_t expected_low, std::chrono::nanoseconds timeout) noexcept {
    if (timeout.count() <= 0) return FutexResult::timed_out;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(timeout);
    const timespec limit{static_cast<time_t>(seconds.count()), static_cast<long>((timeout - seconds).count())};
    if (syscall(SYS_futex, low_half(word), FUTEX_WAIT, expected_low, &limit, nullptr, 0) == 0)
        return FutexResult::woken;
    switch (errno) {
        case EAGAIN:
            return FutexResult::changed;
        case ETIMEDOUT:
            return FutexResult::timed_out;
        default:
            return FutexResult::interrupted;
    }
}

void futex_wake_all(const void* word) noexcept {
    syscall(SYS_futex, low_half(word), FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

}  // namespace ringview::platform
