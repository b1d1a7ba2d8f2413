#pragma once

#include <memory>
#include <string>

namespace spdlog {
class logger;
}

namespace ringview::server {

/// To standard error. A line that it does not take at once, a pipe that nobody reads say, is lost, and how many were is
/// said once there is room again: the log is for people, and no client waits for those. Throws Error::invalid for a
/// level that there is not.
std::shared_ptr<spdlog::logger> make_log(const std::string& level_name);

}  // namespace ringview::server
