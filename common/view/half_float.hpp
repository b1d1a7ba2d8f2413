#pragma once
// IEEE 754 half precision (code `e`), which neither compiler here has as a type.

#include <cstdint>

namespace ringview::detail {

double half_to_double(std::uint16_t half) noexcept;

/// Rounded to nearest, ties to even; infinity where `value` is too large.
std::uint16_t double_to_half(double value) noexcept;

}  // namespace ringview::detail
