#include <unistd.h>

#include <string>

#include <ringview/platform/huge_pages.hpp>

#include "proc_number.hpp"

namespace ringview::platform {

HugePagePool huge_page_pool(std::optional<unsigned> node) {
    HugePagePool pool;
    pool.page_bytes = number_in("/proc/meminfo", "Hugepagesize").value_or(0);
    if (pool.page_bytes == 0) return pool;
    constexpr std::uint64_t kib = 1024;
    const std::string directory =
        (node ? "/sys/devices/system/node/node" + std::to_string(*node) : std::string("/sys/kernel/mm")) +
        "/hugepages/hugepages-" + std::to_string(pool.page_bytes / kib) + "kB/";
    pool.total = number_of(directory + "nr_hugepages").value_or(0);
    pool.free = number_of(directory + "free_hugepages").value_or(0);
    return pool;
}

std::size_t transparent_huge_page_bytes() noexcept {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    return page * (page / sizeof(std::uint64_t));  // a page table is a page of 8-byte entries, a page each
}

}  // namespace ringview::platform
