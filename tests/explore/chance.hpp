#pragma once

#include <cstdint>
#include <random>

namespace ringview::explore {

/// All that is left to chance follows from one seed.
class Chance {
 public:
    explicit Chance(std::uint64_t seed) : random_(seed) {}

    /// Not quite even; the same everywhere, unlike what std::uniform_int_distribution makes of it.
    std::uint64_t below(std::uint64_t limit) { return random_() % limit; }
    bool one_in(std::uint64_t times) { return below(times) == 0; }

 private:
    std::mt19937_64 random_;
};

}  // namespace ringview::explore
