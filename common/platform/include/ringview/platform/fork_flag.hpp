#pragma once

#include <atomic>
#include <cstdint>

namespace ringview::platform {

/// Which process a handle was made in, told with one load. getpid() would be a system call.
///
/// The process has one page that the kernel wipes in a forked child (MADV_WIPEONFORK), and says so while it is not. A
/// child that makes a handle of its own takes another page for it; the one that it inherited stays wiped.
class ForkFlag {
 public:
    ForkFlag();

    /// False in a child that inherited this object.
    [[gnu::always_inline]] bool is_in_creator() const noexcept { return page_->load(std::memory_order_relaxed) != 0; }

 private:
    const std::atomic<std::uint64_t>* page_;
};

}  // namespace ringview::platform
