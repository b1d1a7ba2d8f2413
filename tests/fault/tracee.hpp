#pragma once

#include <sys/types.h>

#include <cstdint>

namespace ringview::test {

/// A child that lets itself be traced and stands stopped before an operation, which ends in SIGUSR1.
class Tracee {
 public:
    /// Waits until it stands there. It dies with us.
    explicit Tracee(pid_t pid);

    /// Executes `count` instructions, fewer where the operation ends before. Returns how many.
    std::uint64_t step(std::uint64_t count);
    bool is_done() const noexcept { return is_done_; }
    pid_t pid() const noexcept { return pid_; }

 private:
    /// The signal that stopped it. Throws where it ended instead.
    int stop_signal() const;

    pid_t pid_;
    bool is_done_ = false;
};

}  // namespace ringview::test
