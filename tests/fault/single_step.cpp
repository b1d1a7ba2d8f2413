#include "single_step.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include <gtest/gtest.h>

namespace ringview::test {
namespace {

std::uint64_t most_points() {
    constexpr std::uint64_t of_a_short_run = 80;
    const char* wanted = std::getenv("RINGVIEW_KILL_POINTS");
    return wanted == nullptr ? of_a_short_run : std::strtoull(wanted, nullptr, 10);
}

/// No operation of the data path comes near it, a sleep and its spins included.
constexpr std::uint64_t endless = 1'000'000;

pid_t after_its_first_line(Child& child) {
    child.read_line();
    return child.pid();
}

}  // namespace

SteppedChild::SteppedChild(const std::vector<std::string>& argv)
    : child_(argv), tracee_(after_its_first_line(child_)) {}

void kill_at_instructions(const std::vector<std::string>& argv, const std::function<void()>& prepare,
                          const std::function<void(bool is_done)>& check) {
    const auto kill_after = [&](std::uint64_t instructions) {
        prepare();
        SteppedChild child(argv);
        const std::uint64_t executed = child.step(instructions);
        child.kill();
        check(child.is_done());
        return executed;
    };
    const std::uint64_t total = kill_after(endless);
    ASSERT_LT(total, endless);
    const std::uint64_t most = std::max<std::uint64_t>(1, most_points());
    const std::uint64_t stride = std::max<std::uint64_t>(1, (total + most - 1) / most);
    std::uint64_t points = 1;
    for (std::uint64_t instructions = 0; instructions < total && !testing::Test::HasFailure(); instructions += stride) {
        SCOPED_TRACE("killed after " + std::to_string(instructions) + " instructions");
        kill_after(instructions);
        ++points;
    }
    std::printf("killed at %llu of %llu instructions\n", static_cast<unsigned long long>(points),
                static_cast<unsigned long long>(total));
}

}  // namespace ringview::test
