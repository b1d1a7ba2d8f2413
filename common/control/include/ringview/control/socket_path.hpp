#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <ringview/platform/paths.hpp>

/// Where the daemon's socket is: one search order for clients and daemon.
namespace ringview::control {

/// Of the daemon of a whole machine.
inline constexpr const char* system_socket = "/run/ringview/ringview.sock";

/// What the choice depends on. from_process() reads it; tests make their own.
struct SocketEnvironment {
    std::optional<std::string> ringview_socket{};    ///< $RINGVIEW_SOCKET
    std::optional<std::string> runtime_directory{};  ///< $XDG_RUNTIME_DIR
    uid_t uid = 0;
    std::function<std::optional<platform::PathFacts>(const std::string&)> path_facts = platform::path_facts;

    static SocketEnvironment from_process();
};

struct SocketCandidate {
    std::string path{};
    /// Why it must not be used, although it is there; empty otherwise.
    std::string refusal{};
};

/// Where a socket is looked for unless $RINGVIEW_SOCKET says it, in this order.
std::vector<std::string> standard_places(const SocketEnvironment& environment);

/// In the order in which a client tries them: $RINGVIEW_SOCKET alone if it is set; else /run/ringview/ringview.sock,
/// $XDG_RUNTIME_DIR/ringview/ringview.sock, /tmp/ringview-<uid>/ringview.sock, as far as they exist. The last is
/// refused unless its directory belongs to that uid or root and is closed to others: anybody could have made it.
std::vector<SocketCandidate> client_candidates(const SocketEnvironment& environment);

/// Where a daemon may listen that is given no path: $RINGVIEW_SOCKET, else the same places, in the same order and
/// refused for the same reason. The caller takes the first whose directory it may make or write to.
std::vector<SocketCandidate> daemon_candidates(const SocketEnvironment& environment);

/// The directory part of a socket path.
std::string directory_of(const std::string& path);

}  // namespace ringview::control
