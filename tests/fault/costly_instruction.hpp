#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <span>

/// Instructions of x86-64 that a fast path must not have.
namespace ringview::test {

enum class Cost : std::uint8_t {
    none,
    locked,  ///< a read-modify-write that no other processor comes between; GCC makes full fences of these too
    fence,   ///< mfence, sfence, lfence
    system_call,
    clock,  ///< any of the kernel's that a process reads the clock with, whatever it is by itself
    kinds,
};

/// Of the instruction that `code` begins with.
Cost cost_of(std::span<const std::byte> code) noexcept;

/// Of the one that a stopped child executes next.
Cost cost_of_next_instruction(pid_t child);

}  // namespace ringview::test
