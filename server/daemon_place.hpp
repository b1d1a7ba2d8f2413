#pragma once

#include <cstdint>
#include <string>

#include <ringview/platform/file_lock.hpp>
#include <ringview/platform/unique_fd.hpp>

namespace ringview::server {

/// What no two living daemons share: a socket, and an instance, whose name is in the names of all segments. A lock on
/// each is held as long as this object lives.
class DaemonPlace {
 public:
    /// Either may be empty: the first standard place that is there or can be made, and the instance of that. Throws
    /// Error::exists where a living daemon has the socket or the instance.
    DaemonPlace(const std::string& socket_path, const std::string& instance);

    /// Makes the socket, over one that a dead daemon left. Throws Error::exists where something else is in its place.
    platform::UniqueFd listen(std::uint32_t mode) const;

    const std::string& socket_path() const noexcept { return socket_path_; }
    const std::string& instance() const noexcept { return instance_; }

 private:
    std::string socket_path_;
    std::string instance_;
    platform::FileLock socket_lock_;
    platform::FileLock instance_lock_;
};

}  // namespace ringview::server
