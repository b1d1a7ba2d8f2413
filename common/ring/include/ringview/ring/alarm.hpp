#pragma once

#include <chrono>

#include <ringview/layout/position.hpp>

namespace ringview::ring {

/// What stands behind a consumer's event_fd, as the consumer sees it: it goes off when there is something to look at,
/// and stays so until it is set again. Called by the consumer's thread.
class Alarm {
 public:
    virtual ~Alarm() = default;
    /// The consumer has found nothing at `position`. From now on the alarm goes off as soon as something is there, or
    /// nothing will come any more, also where that has just happened.
    virtual void set(layout::Position position) noexcept = 0;
    /// Waits until it goes off, at most for `timeout`.
    virtual void wait(std::chrono::nanoseconds timeout) noexcept = 0;

 protected:
    Alarm() = default;
    Alarm(const Alarm&) = default;
    Alarm& operator=(const Alarm&) = default;
};

}  // namespace ringview::ring
