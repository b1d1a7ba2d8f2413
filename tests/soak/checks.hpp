#pragma once

#include <ringview/client.hpp>

#include "crew.hpp"
#include "rings.hpp"

/// What must hold of a ring that nothing happens to.
namespace ringview::soak {

void wait_until_no_producers(Client& client, const Ring& ring);
void wait_until_no_clients(Client& client, const Ring& ring);

/// Those that have come to rest know of themselves what the daemon tells.
void compare_with_stat(Client& client, const Ring& ring, const Crew& crew, Tally& tally);

/// Each message has been done with by whoever had to, nobody is left, and whoever comes now can read and write.
void check_left_ring(Client& client, const Ring& ring, Tally& tally);

}  // namespace ringview::soak
