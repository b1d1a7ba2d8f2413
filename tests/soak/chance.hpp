#pragma once

#include <cstdint>
#include <random>
#include <stdexcept>
#include <string>

namespace ringview::soak {

using Random = std::mt19937_64;

inline std::uint64_t below(Random& random, std::uint64_t limit) {
    return std::uniform_int_distribution<std::uint64_t>{0, limit - 1}(random);
}

inline void require(bool condition, const std::string& what) {
    if (!condition) throw std::runtime_error(what);
}

}  // namespace ringview::soak
