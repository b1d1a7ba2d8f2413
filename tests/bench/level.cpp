#include "level.hpp"

#include <algorithm>
#include <new>
#include <vector>

#include <ringview/platform/clock.hpp>
#include <ringview/platform/cpu.hpp>

#include "statistics.hpp"

namespace ringview::bench {

double cache_line_level(const Cpus& cpus) {
    constexpr std::uint64_t rounds = 3000;
    const SharedMemory memory(sizeof(Shared));
    auto& shared = *new (memory.data()) Shared;
    std::vector<double> samples;
    run_two(
        cpus, shared,
        [&] {
            meet(shared);
            for (std::uint64_t i = 1; i <= rounds; ++i) {
                const std::int64_t begin = platform::monotonic_ns();
                shared.ping.store(i, std::memory_order_release);
                while (shared.pong.load(std::memory_order_acquire) != i) platform::relax();
                samples.push_back(static_cast<double>(platform::monotonic_ns() - begin));
            }
        },
        [&] {
            meet(shared);
            for (std::uint64_t i = 1; i <= rounds; ++i) {
                while (shared.ping.load(std::memory_order_acquire) != i) platform::relax();
                shared.pong.store(i, std::memory_order_release);
            }
        });
    return median(samples);
}

bool is_same_level(double a, double b) noexcept {
    return std::max(a, b) <= same_level * std::min(a, b);
}

}  // namespace ringview::bench
