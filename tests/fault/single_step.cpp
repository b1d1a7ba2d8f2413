#include "single_step.hpp"

#include <sys/ptrace.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

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

}  // namespace

SteppedChild::SteppedChild(const std::vector<std::string>& argv) : child_(argv) {
    child_.read_line();
    if (stop_signal() != SIGSTOP) throw std::runtime_error("the helper did not stop before its operation");
    ptrace(PTRACE_SETOPTIONS, child_.pid(), nullptr, PTRACE_O_EXITKILL);
}

int SteppedChild::stop_signal() {
    int status = 0;
    while (waitpid(child_.pid(), &status, WUNTRACED) < 0) {
        if (errno != EINTR) throw std::runtime_error("the helper cannot be waited for");
    }
    if (!WIFSTOPPED(status)) throw std::runtime_error("the helper ended by itself");
    return WSTOPSIG(status);
}

std::uint64_t SteppedChild::step(std::uint64_t count) {
    for (std::uint64_t done = 0; done < count; ++done) {
        if (ptrace(PTRACE_SINGLESTEP, child_.pid(), nullptr, nullptr) != 0)
            throw std::runtime_error("the helper cannot be stepped");
        const int signal = stop_signal();
        is_done_ = signal == SIGUSR1;
        if (is_done_) return done;
        if (signal != SIGTRAP) throw std::runtime_error("the helper got signal " + std::to_string(signal));
    }
    return count;
}

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
