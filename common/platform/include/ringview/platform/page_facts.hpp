#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

/// What the kernel says of the pages behind this process's mappings (/proc/self/smaps and numa_maps).
namespace ringview::platform {

struct PageFacts {
    std::uint64_t page_bytes = 0;    ///< the kernel's page size for this memory; 0: it does not tell
    std::uint64_t huge_bytes = 0;    ///< in huge pages: all of it where they are reserved ones, else transparent ones
    std::uint64_t mapped_bytes = 0;  ///< in this process's page table
    std::uint64_t locked_bytes = 0;  ///< of those, what can never be swapped out
    std::uint64_t swapped_bytes = 0;
    std::map<unsigned, std::uint64_t> node_bytes{};  ///< of mapped_bytes, by NUMA node
};

PageFacts operator+(PageFacts left, const PageFacts& right);

/// As of one moment, for all mappings: the kernel walks the page tables of the whole process for it.
class ProcessPages {
 public:
    static ProcessPages read();
    /// Of the mappings that lie in there.
    PageFacts of(std::span<const std::byte> memory) const;

 private:
    struct Area {
        std::uint64_t begin = 0;
        std::uint64_t end = 0;
        PageFacts facts{};
    };
    void read_smaps();
    void read_numa_maps();

    std::vector<Area> areas_{};  ///< by address
};

}  // namespace ringview::platform
