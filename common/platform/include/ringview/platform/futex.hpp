#pragma once

#include <chrono>
#include <cstdint>

/// Sleeping on a 64-bit word in shared memory. The kernel compares 32 bits: the low half is used, which changes with
/// every step of a counter.
namespace ringview::platform {

enum class FutexResult { woken, changed, timed_out, interrupted };

/// Sleeps while the low half of `*word` equals `expected_low`, at most for `timeout`. Works on a read-only mapping.
FutexResult futex_wait(const void* word, std::uint32_t expected_low, std::chrono::nanoseconds timeout) noexcept;

/// Wakes everybody who sleeps on the low half of `*word`. Works on a read-only mapping.
void futex_wake_all(const void* word) noexcept;

}  // namespace ringview::platform
