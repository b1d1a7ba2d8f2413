#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <new>

#include <ringview/platform/error.hpp>
#include <ringview/platform/fork_flag.hpp>

namespace ringview::platform {
namespace {

using Page = std::atomic<std::uint64_t>;

std::size_t page_bytes() noexcept {
    return static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

Page* make_page() {
    const std::size_t bytes = page_bytes();
    void* page = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) throw Error::from_errno("cannot map the fork flag", errno);
    if (madvise(page, bytes, MADV_WIPEONFORK) != 0) {
        const int error_number = errno;
        munmap(page, bytes);
        throw Error::from_errno("cannot have a page wiped on fork (Linux 4.14 or later is needed)", error_number);
    }
    return new (page) Page{1};
}

bool is_wiped(const Page* page) noexcept {
    return page->load(std::memory_order_relaxed) == 0;
}

}  // namespace

ForkFlag::ForkFlag() {
    static std::atomic<Page*> newest{make_page()};
    Page* page = newest.load(std::memory_order_acquire);
    if (is_wiped(page)) {
        Page* own = make_page();
        if (newest.compare_exchange_strong(page, own, std::memory_order_acq_rel)) {
            page = own;
        } else {
            munmap(own, page_bytes());  // another thread was first
        }
    }
    page_ = page;
}

}  // namespace ringview::platform
