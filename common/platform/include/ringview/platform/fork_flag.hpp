#pragma once

#include <atomic>
#include <cstdint>

namespace ringview::platform {

/// Which process a handle was made in, told with one load. getpid() would be a system call.
///
/// The process has one page that the kernel wipes in a forked child (MADV_WIPEONFORK). It holds the process's epoch: a
/// random number, drawn anew by the child when it makes a handle of its own. A handle keeps the number it was made
/// under.
class ForkFlag {
 public:
    ForkFlag();

    /// False in a child that inherited this object.
    bool is_in_creator() const noexcept { return page_->load(std::memory_order_relaxed) == epoch_; }

 private:
    const std::atomic<std::uint64_t>* page_;
    std::uint64_t epoch_;
};

}  // namespace ringview::platform
