#pragma once

#include <sched.h>

#include <chrono>

namespace ringview::platform {

/// Tells the processor that this is a polling loop.
inline void relax() noexcept {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("isb" ::: "memory");
#endif
}

/// Begins to fetch the cache line of an address that is about to be read. Any address will do; none faults.
/// Inlined, and so must be what calls it: GCC drops calls of a function that does nothing else.
[[gnu::always_inline]] inline void prefetch(const void* address) noexcept {
    __builtin_prefetch(address);
}

/// The same for an address that is about to be written, for the line alone.
[[gnu::always_inline]] inline void prefetch_to_write(const void* address) noexcept {
#if defined(__x86_64__)
    // Unless told that the processor has this instruction, compilers make a prefetch for reading of
    // __builtin_prefetch(…, 1). Processors without it pass over it.
    asm volatile("prefetchw %0" : : "m"(*static_cast<const char*>(address)));
#else
    __builtin_prefetch(address, 1);
#endif
}

/// Offers the processor to whoever else wants it.
inline void yield() noexcept {
    sched_yield();
}

/// Stays off memory for about `duration`, without a system call. Good for up to some microseconds.
void pause_for(std::chrono::nanoseconds duration) noexcept;

/// Sleeps.
void sleep_for(std::chrono::nanoseconds duration) noexcept;

/// Throws Error::system where the kernel refuses.
void pin_to_cpu(int cpu);

/// Processors this process may run on.
int usable_cpu_count() noexcept;

}  // namespace ringview::platform
