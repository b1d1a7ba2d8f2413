#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "support/child.hpp"
#include "tracee.hpp"

/// Kills a process at every instruction of an operation: the helper's role `step` stops before and behind it.
namespace ringview::test {

/// A helper that stands just before its operation.
class SteppedChild {
 public:
    explicit SteppedChild(const std::vector<std::string>& argv);

    /// Executes `count` instructions, fewer where the operation ends before. Returns how many.
    std::uint64_t step(std::uint64_t count) { return tracee_.step(count); }
    bool is_done() const noexcept { return tracee_.is_done(); }
    void kill() { child_.kill(); }

 private:
    Child child_;
    Tracee tracee_;
};

/// For 0, 1, 2, … instructions: starts a helper, lets it execute that many, kills it and calls `check(is_done)`. Where
/// the operation has more instructions than a test has time for, every second, third … is tried instead; how many at
/// most is what RINGVIEW_KILL_POINTS says. Prints how many were tried.
void kill_at_instructions(const std::vector<std::string>& argv, const std::function<void()>& prepare,
                          const std::function<void(bool is_done)>& check);

}  // namespace ringview::test
