#pragma once

#include <string>
#include <vector>

/// Roles of the helper that do what no well-behaved client does, or die at a chosen point. Arguments: SOCKET RING …
namespace ringview::test {

/// "slots": writes through a consumer's view, which must end this process. "cast": the same through the raw bytes.
int write_through_view(const std::vector<std::string>& arguments);

/// Sends an attach request and ends without reading the reply. "leave_child": a forked child keeps the socket open.
int attach_and_die(const std::vector<std::string>& arguments);

/// "publish", "next", "sleep_next" or "sleep_reserve": traced by its parent; stops with SIGSTOP just before the
/// operation and with SIGUSR1 just behind it.
int step(const std::vector<std::string>& arguments);

}  // namespace ringview::test
