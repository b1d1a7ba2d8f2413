#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

/// The two kinds of huge pages. *Reserved* ones (hugetlb) come from a pool that root sets aside; the kernel neither
/// swaps nor splits them. *Transparent* ones are made of ordinary memory where a whole one is free, and can be split
/// again.
namespace ringview::platform {

/// The pool of the kernel's default huge page size, of the machine or of one NUMA node.
struct HugePagePool {
    std::uint64_t page_bytes = 0;  ///< 0: this kernel has no reserved huge pages
    std::uint64_t total = 0;
    std::uint64_t free = 0;
};
HugePagePool huge_page_pool(std::optional<unsigned> node = std::nullopt);

/// Bytes of a transparent huge page: what one entry of the second-lowest page table maps.
std::size_t transparent_huge_page_bytes() noexcept;

}  // namespace ringview::platform
