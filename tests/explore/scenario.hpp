#pragma once

#include <cstdint>

#include <ringview/layout/geometry.hpp>

#include "chance.hpp"

namespace ringview::explore {

enum class Producers { one, several };

/// Of the daemon, on purpose: what the explorer is there to find.
enum class Mistake {
    none,
    forgets_claims,        ///< of producers that are dead
    forgets_what_is_held,  ///< by members that are dead
    ignores_marks,         ///< of whom it evicts
};

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
    Mistake mistake = Mistake::none;
    std::uint64_t steps = 0;  ///< in all
    // Once in so many turns …
    std::uint64_t turns_a_death = 0;
    std::uint64_t turns_a_stop = 0;  ///< after which a client stands still for a while
    std::uint64_t turns_a_duty = 0;  ///< of the daemon
};

Scenario draw_scenario(Producers producers, Chance& chance, Mistake mistake = Mistake::none);

}  // namespace ringview::explore
