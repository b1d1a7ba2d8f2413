#pragma once

#include <cstdint>
#include <string>

namespace ringview::platform {

/// Where the kernel tells of cgroups (version 2).
struct CgroupFiles {
    std::string membership{"/proc/self/cgroup"};
    std::string root{"/sys/fs/cgroup"};
};

/// Error::no_memory, with both figures, where `bytes` of `what` are more than the cgroup of this process, or one that
/// it lies in, may still take: the kernel would rather kill a process in it than refuse. What others take of it at the
/// same time nobody knows.
void check_cgroup(const std::string& what, std::uint64_t bytes, const CgroupFiles& files = {});

}  // namespace ringview::platform
