#pragma once

#include "daemon.hpp"
#include "world.hpp"

namespace ringview::explore {

/// Once nobody is in the midst of anything: the accounts add up, and the ring serves whoever comes next.
void look_at_what_is_left(World& world, Daemon& daemon);

}  // namespace ringview::explore
