#pragma once

#include <chrono>
#include <cstdint>

#include "crew.hpp"

namespace ringview::soak {

/// One daemon, its rings, and processes that come, go, and are stopped and killed; in the end those that are left come
/// to rest. Throws where something is not as it must be.
void run_round(std::uint64_t seed, std::chrono::milliseconds duration, Tally& tally);

/// The daemon is killed, or asked to end, while processes of every role are attached: they go on, a new daemon comes
/// up beside them, and once they have gone it has the same rings anew.
void run_daemon_death(std::uint64_t seed, Tally& tally);

}  // namespace ringview::soak
