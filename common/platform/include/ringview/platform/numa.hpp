#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ringview::platform {

/// The NUMA nodes that have memory, in order. A machine that knows of none has node 0.
std::vector<unsigned> memory_nodes();

/// What could be allocated now without swapping, on the machine or on one node, by the kernel's own estimate.
std::uint64_t available_memory_bytes(std::optional<unsigned> node);

/// Error::no_memory, with both figures, where `bytes` of `what` are more than that. Where no file system sets a limit,
/// or a policy allows one node only, the kernel would rather kill a process than refuse.
void check_available(const std::string& what, std::uint64_t bytes, std::optional<unsigned> node);

/// While it lives, what this thread allocates for the first time comes from one node only.
class NodePolicy {
 public:
    /// Error::invalid for a node that has no memory, naming those that do.
    explicit NodePolicy(unsigned node);
    NodePolicy(const NodePolicy&) = delete;
    NodePolicy& operator=(const NodePolicy&) = delete;
    ~NodePolicy();

    /// More than any kernel is built for (1024).
    static constexpr std::size_t max_nodes = 4096;

 private:
    using Mask = std::array<unsigned long, max_nodes / (8 * sizeof(unsigned long))>;

    int previous_mode_ = 0;
    Mask previous_nodes_{};
};

}  // namespace ringview::platform
