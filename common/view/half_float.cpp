#include "half_float.hpp"

#include <cmath>
#include <limits>

namespace ringview::detail {

double half_to_double(std::uint16_t half) noexcept {
    const int exponent = (half >> 10) & 0x1f;
    const int fraction = half & 0x3ff;
    double magnitude = 0;
    if (exponent == 0x1f) {
        magnitude = fraction == 0 ? std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
    } else if (exponent == 0) {
        magnitude = std::ldexp(fraction, -24);
    } else {
        magnitude = std::ldexp(fraction + 0x400, exponent - 25);
    }
    return (half & 0x8000) != 0 ? -magnitude : magnitude;
}

std::uint16_t double_to_half(double value) noexcept {
    const unsigned sign = std::signbit(value) ? 0x8000 : 0;
    if (std::isnan(value)) return static_cast<std::uint16_t>(sign | 0x7e00);
    const double magnitude = std::fabs(value);
    if (magnitude >= 65520) return static_cast<std::uint16_t>(sign | 0x7c00);  // half-way to the next power of two
    if (magnitude < 0x1p-14) {
        // Subnormal; a fraction that rounds up to 0x400 is the smallest normal number as it stands.
        return static_cast<std::uint16_t>(sign | static_cast<unsigned>(std::nearbyint(std::ldexp(magnitude, 24))));
    }
    const int exponent = std::ilogb(magnitude);
    // 0x400 to 0x800; the implicit bit, and a carry out of the fraction, add to the exponent.
    const auto fraction = static_cast<unsigned>(std::nearbyint(std::ldexp(magnitude, 10 - exponent)));
    return static_cast<std::uint16_t>(sign | ((static_cast<unsigned>(exponent + 14) << 10) + fraction));
}

}  // namespace ringview::detail
