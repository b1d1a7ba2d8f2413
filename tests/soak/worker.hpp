#pragma once

#include <cstdint>
#include <string>

#include <ringview/client.hpp>

namespace ringview::soak {

class Ledger;
class Lives;
struct Report;

/// Durable, on the rings that have one.
inline constexpr const char* group_name = "workers";

/// What one process of the soak does until SIGTERM, and in which way: all of it follows from the seed. At SIGUSR1 a
/// consumer comes to rest: it takes all that there is, writes what it has counted into its report, and stands still.
struct Task {
    enum class Role { producer, consumer, member };
    Role role = Role::producer;
    std::string socket{};
    std::string ring{};
    bool has_timestamps = false;     ///< the ring
    bool may_be_evicted = false;     ///< a lossless consumer, where the ring has a stall timeout
    bool stalls_on_purpose = false;  ///< such a consumer, now and then
    bool may_skip = true;            ///< a consumer, with latest(), unless it has a ledger
    Policy policy = Policy::lossless;
    std::string durable_name{};  ///< of a consumer; empty: not durable
    Lives* lives = nullptr;      ///< of a durable subscription
    /// Of a group; or of a durable subscription of which each message must come to be released by some life.
    Ledger* ledger = nullptr;
    Report* report = nullptr;
    std::uint64_t seed = 0;
};

enum class Outcome : int {
    fine = 0,
    failed = 1,        ///< it has said on standard error what was wrong
    not_admitted = 2,  ///< no place in the ring, or its name is still that of a predecessor
    evicted = 3,       ///< it was told so, and all that it held was whole to the end
};

/// Called with SIGTERM and SIGUSR1 blocked, which it unblocks once it listens. Checks every message it sees, and its
/// own accounts at every step.
Outcome work(const Task& task);

}  // namespace ringview::soak
