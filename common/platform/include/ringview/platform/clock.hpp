#pragma once

#include <time.h>

#include <cstdint>

namespace ringview::platform {

/// CLOCK_MONOTONIC: comparable between the processes of one machine.
inline std::int64_t monotonic_ns() noexcept {
    timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

inline std::int64_t unix_ns() noexcept {
    timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

}  // namespace ringview::platform
