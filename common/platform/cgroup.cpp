#include <algorithm>
#include <fstream>
#include <optional>

#include <ringview/platform/cgroup.hpp>
#include <ringview/platform/error.hpp>

#include "proc_number.hpp"

namespace ringview::platform {
namespace {

/// "/a/b", "/" for the root, and nothing where there is no version 2.
std::string own_cgroup(const std::string& membership) {
    std::ifstream file(membership);
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("0::/")) return line.substr(line.find('/'));
    }
    return {};
}

/// Files in the page cache: the kernel drops them before it kills anybody. Shared memory is not among them.
std::uint64_t cached_bytes(const std::string& stat_path) {
    std::ifstream file(stat_path);
    std::uint64_t sum = 0;
    std::uint64_t number = 0;
    for (std::string name; file >> name >> number;) {
        if (name == "active_file" || name == "inactive_file") sum += number;
    }
    return sum;
}

/// Nothing where there is no limit.
std::optional<std::uint64_t> room_in(const std::string& directory) {
    const auto limit = number_of(directory + "/memory.max");
    if (!limit) return std::nullopt;
    const std::uint64_t used = number_of(directory + "/memory.current").value_or(0);
    const std::uint64_t taken = used - std::min(used, cached_bytes(directory + "/memory.stat"));
    return *limit - std::min(*limit, taken);
}

Error no_room(const std::string& what, std::uint64_t bytes, const std::string& cgroup, std::uint64_t room) {
    return {Error::no_memory,
            what + " needs " + std::to_string(bytes) + " bytes; the cgroup " + cgroup + " may take " +
                std::to_string(room) + " more (memory.max)",
            "raise that limit (systemd: MemoryMax=, docker: --memory), use fewer or smaller slots, or remove rings"};
}

}  // namespace

void check_cgroup(const std::string& what, std::uint64_t bytes, const CgroupFiles& files) {
    std::string cgroup = own_cgroup(files.membership);
    while (!cgroup.empty()) {
        const auto room = room_in(files.root + cgroup);
        if (room && bytes > *room) throw no_room(what, bytes, cgroup, *room);
        // In a container the root is the container's own cgroup.
        const bool is_root = cgroup == "/";
        cgroup.resize(is_root ? 0 : std::max<std::size_t>(cgroup.rfind('/'), 1));
    }
}

}  // namespace ringview::platform
