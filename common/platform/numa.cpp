#include <linux/mempolicy.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <limits>
#include <string>

#include <ringview/platform/error.hpp>
#include <ringview/platform/numa.hpp>

#include "proc_number.hpp"

namespace ringview::platform {
namespace {

/// The kernel takes one off before it counts the bits.
constexpr unsigned long mask_bits = NodePolicy::max_nodes + 1;

std::string list_text(const std::vector<unsigned>& nodes) {
    std::string text;
    for (const unsigned node : nodes) text += (text.empty() ? "" : ", ") + std::to_string(node);
    return text;
}

Error policy_error(const char* call, int error) {
    return Error::from_errno(std::string("cannot choose a NUMA node (") + call + ")", error,
                             "may the daemon use that node (cpuset), and call set_mempolicy (a container's seccomp "
                             "filter may forbid it)?");
}

}  // namespace

std::vector<unsigned> memory_nodes() {
    // "0-1,4"
    std::ifstream file("/sys/devices/system/node/has_memory");
    std::vector<unsigned> nodes;
    unsigned first = 0;
    while (file >> first && first < NodePolicy::max_nodes) {
        unsigned last = first;
        if (file.peek() == '-') file.ignore() >> last;
        for (unsigned node = first; node <= last && node < NodePolicy::max_nodes; ++node) nodes.push_back(node);
        if (file.peek() != ',') break;
        file.ignore();
    }
    return nodes.empty() ? std::vector<unsigned>{0} : nodes;
}

std::uint64_t available_memory_bytes(std::optional<unsigned> node) {
    // A kernel that does not tell is not to stop anybody.
    constexpr std::uint64_t unknown = std::numeric_limits<std::uint64_t>::max();
    if (!node) return number_in("/proc/meminfo", "MemAvailable").value_or(unknown);
    const std::string path = "/sys/devices/system/node/node" + std::to_string(*node) + "/meminfo";
    const auto free = number_in(path, "MemFree");
    if (!free) return unknown;
    return *free + number_in(path, "Active(file)").value_or(0) + number_in(path, "Inactive(file)").value_or(0);
}

void check_available(const std::string& what, std::uint64_t bytes, std::optional<unsigned> node) {
    const std::uint64_t available = available_memory_bytes(node);
    if (bytes <= available) return;
    const std::string where = node ? "NUMA node " + std::to_string(*node) : std::string("the machine");
    throw Error(Error::no_memory,
                what + " needs " + std::to_string(bytes) + " bytes; " + where + " has " + std::to_string(available) +
                    " available",
                "use fewer or smaller slots, or remove rings");
}

NodePolicy::NodePolicy(unsigned node) {
    const std::vector<unsigned> nodes = memory_nodes();
    if (std::find(nodes.begin(), nodes.end(), node) == nodes.end()) {
        throw Error(Error::invalid, "there is no NUMA node " + std::to_string(node) + " with memory",
                    "this machine has: " + list_text(nodes));
    }
    if (syscall(SYS_get_mempolicy, &previous_mode_, previous_nodes_.data(), mask_bits, nullptr, 0) != 0)
        throw policy_error("get_mempolicy", errno);
    Mask wanted{};
    constexpr std::size_t word_bits = 8 * sizeof(unsigned long);
    wanted[node / word_bits] = 1UL << (node % word_bits);
    // Static: the number means that node, whatever cpuset the daemon is moved to.
    if (syscall(SYS_set_mempolicy, MPOL_BIND | MPOL_F_STATIC_NODES, wanted.data(), mask_bits) != 0)
        throw policy_error("set_mempolicy", errno);
}

NodePolicy::~NodePolicy() {
    syscall(SYS_set_mempolicy, previous_mode_, previous_nodes_.data(), mask_bits);
}

}  // namespace ringview::platform
