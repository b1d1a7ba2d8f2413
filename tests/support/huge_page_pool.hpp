#pragma once

#include <fcntl.h>
#include <sys/file.h>

#include <cstdint>
#include <fstream>
#include <optional>
#include <string>

#include <ringview/platform/huge_pages.hpp>
#include <ringview/platform/unique_fd.hpp>

namespace ringview::test {

/// The machine's pool of reserved huge pages, as a test wants it and alone among the tests, as it was before
/// afterwards.
class PoolOfHugePages {
 public:
    PoolOfHugePages()
        : lock_(open("/tmp/ringview-test-huge-pages.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0666)),
          before_(platform::huge_page_pool().total) {
        flock(lock_.get(), LOCK_EX);
        before_ = platform::huge_page_pool().total;
    }
    PoolOfHugePages(const PoolOfHugePages&) = delete;
    PoolOfHugePages& operator=(const PoolOfHugePages&) = delete;
    ~PoolOfHugePages() {
        if (is_changed_) set(before_);
    }

    /// Makes `wanted` more of them; the reason where that cannot be done.
    std::optional<std::string> add(std::uint64_t wanted) {
        const std::uint64_t free = platform::huge_page_pool().free;
        is_changed_ = true;
        if (!set(before_ + wanted)) return "only root can reserve huge pages (vm.nr_hugepages)";
        const std::uint64_t got = platform::huge_page_pool().free;
        if (got >= free + wanted) return std::nullopt;
        return "the machine has no room for " + std::to_string(wanted) + " huge pages";
    }
    /// More than are free: a ring of so many does not fit.
    static std::uint64_t too_many() { return platform::huge_page_pool().free + 1; }

 private:
    static bool set(std::uint64_t pages) {
        std::ofstream file("/proc/sys/vm/nr_hugepages");
        return static_cast<bool>(file << pages << std::flush);
    }

    platform::UniqueFd lock_;
    std::uint64_t before_;
    bool is_changed_ = false;
};

/// A pool so large that using it up would be a burden is left alone.
inline constexpr std::uint64_t largest_pool_to_exceed = 256;

}  // namespace ringview::test
