#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <new>

#include <ringview/platform/error.hpp>
#include <ringview/platform/fork_flag.hpp>
#include <ringview/platform/process.hpp>

namespace ringview::platform {
namespace {

std::atomic<std::uint64_t>* make_page() {
    const auto bytes = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    void* page = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) throw Error::from_errno("cannot map the fork flag", errno);
    if (madvise(page, bytes, MADV_WIPEONFORK) != 0) {
        const int error_number = errno;
        munmap(page, bytes);
        throw Error::from_errno("cannot have a page wiped on fork (Linux 4.14 or later is needed)", error_number);
    }
    return new (page) std::atomic<std::uint64_t>{};
}

}  // namespace

ForkFlag::ForkFlag() {
    static std::atomic<std::uint64_t>* const page = make_page();
    std::uint64_t none = 0;
    page->compare_exchange_strong(none, random_u64() | 1, std::memory_order_relaxed);
    page_ = page;
    epoch_ = page->load(std::memory_order_relaxed);
}

}  // namespace ringview::platform
