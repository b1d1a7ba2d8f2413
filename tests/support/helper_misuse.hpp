#pragma once

#include <string>
#include <vector>

/// Roles of the helper that do what no well-behaved client does, or die at a chosen point. Arguments: SOCKET RING …
namespace ringview::test {

/// "slots": writes through a consumer's view, which must end this process. "cast": the same through the raw bytes.
int write_through_view(const std::vector<std::string>& arguments);

/// "producer" or "consumer": tries on its descriptors what no member may, and tells how each try ended, an errno or
/// "ok".
int attack_segments(const std::vector<std::string>& arguments);

/// Sends an attach request and ends without reading the reply. "leave_child": a forked child keeps the socket open.
int attach_and_die(const std::vector<std::string>& arguments);

/// Connects, and at each byte of its input goes on: closes the connection, ends.
int close_then_die(const std::vector<std::string>& arguments);
/// At a byte of its input connects and asks for a place; tells the answer and stays.
int connect_when_told(const std::vector<std::string>& arguments);

/// "publish", "next", "sleep_next" or "sleep_reserve": traced by its parent; stops with SIGSTOP just before the
/// operation and with SIGUSR1 just behind it.
int step(const std::vector<std::string>& arguments);

}  // namespace ringview::test
