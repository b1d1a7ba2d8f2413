#pragma once

#include <string>
#include <vector>

/// Roles of the helper program that are members of a group.
namespace ringview::test {

/// SOCKET RING GROUP NAME LOG BATCH: takes numbered messages, BATCH at a time, until the ring is removed. Appends a
/// line to LOG for each that it has read, "POSITION" or "POSITION again", and then releases it.
int work(const std::vector<std::string>& arguments);

/// SOCKET RING GROUP NAME "next"|"event_fd": waits for each message in that way and says "POSITION MILLISECONDS": how
/// long it has waited. Ends when the ring is removed.
int tell_waits(const std::vector<std::string>& arguments);

}  // namespace ringview::test
