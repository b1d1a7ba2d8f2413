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

/// An operation that a forked child executes, one instruction after the other. Killed with this object.
class SteppedCall {
 public:
    explicit SteppedCall(const std::function<void()>& operation);
    SteppedCall(const SteppedCall&) = delete;
    SteppedCall& operator=(const SteppedCall&) = delete;
    ~SteppedCall();

    std::uint64_t step(std::uint64_t count) { return tracee_->step(count); }
    bool is_done() const noexcept { return tracee_->is_done(); }

 private:
    pid_t pid_;
    std::unique_ptr<Tracee> tracee_;
};

/// Calls `look` as things stand now, after each instruction that has changed something in the ring, and at the end.
/// Returns how many instructions that were.
std::uint64_t look_at_every_change(SteppedCall& call, const MappedRing& ring, const std::function<void()>& look);

/// For `operation` from its beginning. `look` gets what a kill would leave, to do with it what it likes.
std::uint64_t kill_at_every_change(const MappedRing& before, const std::function<void(const MappedRing&)>& operation,
                                   const std::function<void(const MappedRing&)>& look);

/// How far apart the points may lie at which an operation of `total` instructions is stopped in runs of their own, for
/// that to take some seconds; a sanitizer makes many instructions of one.
constexpr std::uint64_t stride_through(std::uint64_t total) noexcept {
    constexpr std::uint64_t most_steps = 60'000;
    return 1 + total * total / most_steps;
}

}  // namespace ringview::test
