#pragma once

#include <string>
#include <vector>

/// Roles of the helper program that wait, and may be kept from how they would like to.
namespace ringview::test {

/// SOCKET THERE BACK NAME COUNT "next"|"event_fd": sends each of COUNT numbers back that comes in ring THERE, sleeping
/// for each.
int echo(const std::vector<std::string>& arguments);

/// CALL PROGRAM ARGUMENT…: becomes that program, which is refused the system call.
int without_call(const std::vector<std::string>& arguments);

}  // namespace ringview::test
