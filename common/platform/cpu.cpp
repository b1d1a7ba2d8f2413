#include <time.h>

#include <cerrno>
#include <string>

#include <ringview/platform/clock.hpp>
#include <ringview/platform/cpu.hpp>
#include <ringview/platform/error.hpp>

namespace ringview::platform {

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
