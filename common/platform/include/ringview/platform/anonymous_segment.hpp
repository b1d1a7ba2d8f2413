#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include <ringview/platform/mapping.hpp>
#include <ringview/platform/unique_fd.hpp>

/// Segments without a name (memfd): they live as long as a descriptor or a mapping of them does, and their size can be
/// sealed.
namespace ringview::platform {

/// A segment of `bytes` zeros, mode 0600, every page really allocated. `label` is what /proc/*/maps shows. Error::
/// no_memory where the machine, that NUMA node of it, or our cgroup has less available: nothing else limits such a
/// segment.
UniqueFd create_anonymous_segment(const std::string& label, std::size_t bytes,
                                  std::optional<unsigned> node = std::nullopt);

/// The same in reserved huge pages: `bytes` is a whole number of them. Error::no_memory tells how many are needed and
/// free (in the pool of `node`), and how to reserve more.
UniqueFd create_huge_segment(const std::string& label, std::size_t bytes, std::optional<unsigned> node);

/// From now on nobody can shrink or enlarge it, whoever has a descriptor of it, nor take that back.
void seal_size(int fd);

/// Cuts a segment that is not sealed to `bytes`.
void shrink_segment(int fd, std::size_t bytes);

/// Another descriptor of the same segment, opened for `access` only. Unlike a duplicate it cannot be used for more, and
/// whoever holds a read-only one cannot open it for writing (mode 0600) unless it runs under the owner's uid or as
/// root.
UniqueFd reopen_segment(int fd, Access access);

}  // namespace ringview::platform
