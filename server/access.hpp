#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include <ringview/control/ring_spec.hpp>

/// Who may do what: a pure function of the rules, the creator and the peer.
namespace ringview::server {

/// Whoever is at the other end of a socket, as the kernel says.
struct Peer {
    uid_t uid = 0;
    gid_t gid = 0;
    std::vector<gid_t> groups{};  ///< supplementary
};

/// An access list with its names looked up.
struct Principals {
    bool any = false;
    std::vector<uid_t> uids{};
    std::vector<gid_t> gids{};
};

enum class Right { produce, consume, manage };

struct AccessRules {
    uid_t creator = 0;
    Principals produce{};
    Principals consume{};
    Principals manage{};
};

/// Looks every name up. Throws Error::invalid for an entry of no known form or a name that the system does not know. An
/// empty list means the creator. At most 64 entries each.
AccessRules make_rules(const AccessLists& lists, uid_t creator);

/// Root and the daemon's own user may do everything.
bool is_allowed(const AccessRules& rules, uid_t daemon_uid, const Peer& peer, Right right);

}  // namespace ringview::server
