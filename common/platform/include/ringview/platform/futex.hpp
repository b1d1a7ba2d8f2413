#pragma once

#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

/// Sleeping on a 64-bit word in shared memory. The kernel compares 32 bits: the low half is used, which changes with
/// every step of a counter.
namespace ringview::platform {

enum class FutexResult { woken, changed, timed_out, interrupted };

/// 32 bits of shared memory and what they were when they were looked at.
struct FutexWord {
    const std::uint32_t* address;
    std::uint32_t expected;

    /// The low half of a 64-bit word.
    static FutexWord low_half(const void* word, std::uint64_t value) noexcept {
        const auto* halves = static_cast<const std::uint32_t*>(word);
        return {std::endian::native == std::endian::little ? halves : halves + 1, static_cast<std::uint32_t>(value)};
    }
    /// A word of 32 bits.
    static FutexWord whole(const void* word, std::uint32_t value) noexcept {
        return {static_cast<const std::uint32_t*>(word), value};
    }
};

/// What one call can wait for: a limit of the kernel.
inline constexpr std::size_t max_futex_words = 128;

/// Sleeps while the low half of `*word` equals `expected_low`, at most for `timeout`. Works on a read-only mapping.
FutexResult futex_wait(const void* word, std::uint32_t expected_low, std::chrono::nanoseconds timeout) noexcept;

/// Sleeps while every one of up to max_futex_words words is as expected, at most for `timeout`
/// (std::chrono::nanoseconds::max(): without an end). All are compared before it sleeps, so a change of any of them
/// that is followed by a wake is never missed. Where has_futex_wait_any() is false: on the first word alone.
FutexResult futex_wait_any(std::span<const FutexWord> words, std::chrono::nanoseconds timeout) noexcept;

/// Whether the kernel and this process's sandbox have futex_waitv (Linux 5.16). The same answer every time.
bool has_futex_wait_any() noexcept;

/// Wakes everybody who sleeps on the low half of `*word`, and returns how many that were. Works on a read-only mapping.
unsigned futex_wake_all(const void* word) noexcept;

/// Wakes everybody who sleeps on a word of 32 bits.
unsigned futex_wake_all_32(const void* word) noexcept;

}  // namespace ringview::platform
