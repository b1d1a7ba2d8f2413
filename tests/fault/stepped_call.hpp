#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>

#include "mapped_ring.hpp"
#include "tracee.hpp"

/// What a process leaves behind in memory that it shares, wherever in an operation it dies: a kill adds nothing to that
/// memory, so one child that is stopped after each instruction shows what a child killed there would have left.
namespace ringview::test {

/// An operation that a forked child executes, one instruction after the other; what it does to `prepare` it does at
/// once. Killed with this object.
class SteppedCall {
 public:
    explicit SteppedCall(
        const std::function<void()>& operation, const std::function<void()>& prepare = [] {});
    SteppedCall(const SteppedCall&) = delete;
    SteppedCall& operator=(const SteppedCall&) = delete;
    ~SteppedCall();

    std::uint64_t step(std::uint64_t count) { return tracee_->step(count); }
    /// The rest of it.
    void finish();
    bool is_done() const noexcept { return tracee_->is_done(); }
    pid_t pid() const noexcept { return pid_; }

 private:
    pid_t pid_;
    std::unique_ptr<Tracee> tracee_;
};

/// Calls `look` with what a kill would leave, to do with it what it likes: as things stand now, after each instruction
/// that changes something in the ring, and at the end. Returns how many instructions that were.
std::uint64_t look_at_every_change(SteppedCall& call, const MappedRing& ring,
                                   const std::function<void(const MappedRing&)>& look);

/// For `operation` from its beginning.
std::uint64_t kill_at_every_change(const MappedRing& before, const std::function<void(const MappedRing&)>& operation,
                                   const std::function<void(const MappedRing&)>& look);

/// For a test that executes the first instructions of `operation` itself, in a ring that is as `before` each time: 0,
/// and more and more, until `try_after` says that the operation is done, in steps that make it all take some seconds.
void stop_along(const MappedRing& before, const std::function<void(const MappedRing&)>& operation,
                const std::function<bool(const MappedRing& ring, std::uint64_t instructions)>& try_after);

}  // namespace ringview::test
