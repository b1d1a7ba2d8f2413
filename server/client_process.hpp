#pragma once

#include <compare>
#include <cstdint>

#include <ringview/platform/process.hpp>

#include "access.hpp"

namespace ringview::server {

/// Which process: places in rings belong to a process, not to a connection, which it may lose and make anew.
struct ProcessKey {
    pid_t pid = 0;
    std::uint64_t start_time_ticks = 0;
    /// Tells apart processes whose pid we cannot see, each connection counting as one; 0 otherwise.
    std::uint64_t serial = 0;

    // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 means the 0 that a comparison is rewritten with
    auto operator<=>(const ProcessKey&) const = default;
};

struct ClientProcess {
    ProcessKey key{};
    platform::ProcessIdentity identity{};
    Peer peer{};
};

}  // namespace ringview::server
