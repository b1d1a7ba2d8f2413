#pragma once

#include <cstdint>
#include <string>

#include <ringview/client.hpp>

namespace ringview::soak {

class Ledger;

/// Durable, on the rings that have one.
inline constexpr const char* group_name = "workers";

/// What one process of the soak does until SIGTERM, and in which way: all of it follows from the seed.
struct Task {
    enum class Role { producer, consumer, member };
    Role role = Role::producer;
    std::string socket{};
    std::string ring{};
    Policy policy = Policy::lossless;
    std::string durable_name{};  ///< of a consumer; empty: not durable
    Ledger* ledger = nullptr;    ///< of a member
    std::uint64_t seed = 0;
};

enum class Outcome : int {
    fine = 0,
    failed = 1,        ///< it has said on standard error what was wrong
    not_admitted = 2,  ///< no place in the ring, or its name is still that of a predecessor
};

/// Called with SIGTERM blocked, which it unblocks once it listens. Checks every message it sees, and its own accounts
/// at every step.
Outcome work(const Task& task);

}  // namespace ringview::soak
