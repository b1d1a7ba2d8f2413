#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

/// What an earlier daemon of the same instance left in /dev/shm.
namespace ringview::server {

struct StaleRing {
    std::string name{};
    bool is_removed = false;
    /// Of processes that still have it mapped, where it is not removed.
    std::vector<pid_t> users{};
    /// Where it is not removed and there are no users: what is in the way.
    std::string obstacle{};
};

/// Removes every ring of the instance whose members are all dead, and every segment that is no ring of this version.
/// Rings with living members are left alone. For an instance that nobody else serves.
std::vector<StaleRing> clear_stale_segments(const std::string& instance);

/// The same for one ring. `is_removed` also where there was none.
StaleRing clear_stale_ring(const std::string& instance, const std::string& ring);

}  // namespace ringview::server
