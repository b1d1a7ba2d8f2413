#pragma once

#include <chrono>

#include <ringview/platform/unique_fd.hpp>

namespace ringview::platform {

/// A descriptor that is readable from signal() to clear(). Every signal() is an edge for whoever polls for edges. From
/// any thread.
class EventFd {
 public:
    /// Throws Error::system.
    EventFd();

    int get() const noexcept { return fd_.get(); }
    void signal() const noexcept;
    void clear() const noexcept;
    /// Waits until it is readable, at most for `timeout`. Whether it is; a signal that is handled meanwhile may end the
    /// wait early.
    bool wait(std::chrono::nanoseconds timeout) const noexcept;

 private:
    UniqueFd fd_;
};

}  // namespace ringview::platform
