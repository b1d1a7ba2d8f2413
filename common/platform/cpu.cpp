#if defined(__x86_64__)
#include <cpuid.h>
#endif
#include <time.h>

#include <cerrno>
#include <string>

#include <ringview/platform/clock.hpp>
#include <ringview/platform/cpu.hpp>
#include <ringview/platform/error.hpp>

namespace ringview::platform {
namespace {

#if defined(__x86_64__)
/// 0 where the processor is not AMD's. As CPUID tells it: AMD64 Architecture Programmer's Manual, volume 3, E.3.
unsigned amd_family() noexcept {
    unsigned eax = 0;
    unsigned ebx = 0;
    unsigned ecx = 0;
    unsigned edx = 0;
    if (__get_cpuid(0, &eax, &ebx, &ecx, &edx) == 0 || ebx != signature_AMD_ebx) return 0;
    if (__get_cpuid(1, &eax, &ebx, &ecx, &edx) == 0) return 0;
    const unsigned base = eax >> 8 & 0xF;
    return base == 0xF ? base + (eax >> 20 & 0xFF) : base;
}
#endif

}  // namespace

bool prefetch_takes_shared_lines() noexcept {
#if defined(__x86_64__)
    constexpr unsigned zen_5 = 26;
    static const bool takes = amd_family() == 0 || amd_family() >= zen_5;
    return takes;
#else
    return true;
#endif
}

void pause_for(std::chrono::nanoseconds duration) noexcept {
    // The clock is read from the vDSO in some 20 ns, which is fine enough here and needs no calibration that could be
    // wrong on the next processor.
    const std::int64_t end_ns = monotonic_ns() + duration.count();
    do {
        relax();
    } while (monotonic_ns() < end_ns);
}

void sleep_for(std::chrono::nanoseconds duration) noexcept {
    constexpr std::int64_t second_ns = 1'000'000'000;
    const timespec time{duration.count() / second_ns, duration.count() % second_ns};
    nanosleep(&time, nullptr);
}

void pin_to_cpu(int cpu) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(static_cast<unsigned>(cpu), &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0) {
        throw Error::from_errno("cannot pin this thread to processor " + std::to_string(cpu), errno);
    }
}

int usable_cpu_count() noexcept {
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

}  // namespace ringview::platform
