#pragma once

#include "two_processes.hpp"

/// The bare round trip of a cache line between the two processors. On a virtual machine whose processors the host moves
/// about it jumps between levels, and takes every figure of shared memory with it: only what was measured at one level
/// is compared.
namespace ringview::bench {

/// Nanoseconds, median.
double cache_line_level(const Cpus& cpus);

/// Levels this close together are one level.
inline constexpr double same_level = 1.20;

bool is_same_level(double a, double b) noexcept;

}  // namespace ringview::bench
