#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <ctime>

#include <ringview/platform/error.hpp>
#include <ringview/platform/event_fd.hpp>

namespace ringview::platform {

EventFd::EventFd() : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!fd_.is_open())
        throw Error::from_errno("cannot make an eventfd", errno, "is this process out of descriptors (ulimit -n)?");
}

void EventFd::signal() const noexcept {
    const std::uint64_t one = 1;
    // It fails only where the counter is full, and then it is readable all the same.
    [[maybe_unused]] const ssize_t written = write(fd_.get(), &one, sizeof one);
}

void EventFd::clear() const noexcept {
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t taken = read(fd_.get(), &count, sizeof count);
}

bool EventFd::wait(std::chrono::nanoseconds timeout) const noexcept {
    pollfd entry{fd_.get(), POLLIN, 0};
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(timeout);
    const timespec limit{static_cast<time_t>(seconds.count()), static_cast<long>((timeout - seconds).count())};
    return ppoll(&entry, 1, &limit, nullptr) > 0;
}

}  // namespace ringview::platform
