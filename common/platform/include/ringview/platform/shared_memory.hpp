#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <ringview/platform/mapping.hpp>
#include <ringview/platform/unique_fd.hpp>

/// Named segments (Boost.Interprocess shared_memory_object). Only the daemon uses names; clients get descriptors.
namespace ringview::platform {

/// Creates a segment of `bytes` zeros, mode 0600 whatever the umask, every page really allocated: a full /dev/shm
/// or cgroup is Error::no_memory here, never a SIGBUS later. Error::exists where the name is taken. Leaves nothing
/// behind on failure.
UniqueFd create_segment(const std::string& name, std::size_t bytes);

/// A descriptor opened for `access` only: what is opened read-only cannot be mapped writable. Error::not_found.
UniqueFd open_segment(const std::string& name, Access access);

/// Whether there was one. Mappings of it live on.
bool remove_segment(const std::string& name);

/// Names that begin with `prefix`, sorted.
std::vector<std::string> list_segments(const std::string& prefix);

}  // namespace ringview::platform
