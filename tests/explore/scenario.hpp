#pragma once

#include <cstdint>

#include <ringview/layout/geometry.hpp>

#include "chance.hpp"

namespace ringview::explore {

enum class Producers { one, several };

/// A ring, who uses it, and how long they go on undisturbed: what one seed makes of it.
struct Scenario {
    layout::RingParameters ring;
    // At once.
    unsigned producers = 1;
    std::uint64_t readers = 0;
    std::uint64_t members = 0;  ///< of a group, if there is one
    bool has_lossy_readers = false;
    bool has_evictions = false;
    bool has_group = false;
    std::uint64_t steps = 0;  ///< in all
    // Once in so many turns …
    std::uint64_t turns_a_death = 0;
    std::uint64_t turns_a_stop = 0;  ///< after which a client stands still for a while
    std::uint64_t turns_a_duty = 0;  ///< of the daemon
};

Scenario draw_scenario(Producers producers, Chance& chance);

}  // namespace ringview::explore
