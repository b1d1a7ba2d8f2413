#include "stepped_call.hpp"

#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace ringview::test {

SteppedCall::SteppedCall(const std::function<void()>& operation, const std::function<void()>& prepare) : pid_(fork()) {
    if (pid_ < 0) throw std::runtime_error("no child for the operation");
    if (pid_ == 0) {
        prepare();
        ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
        raise(SIGSTOP);
        operation();
        raise(SIGUSR1);
        _exit(0);
    }
    tracee_ = std::make_unique<Tracee>(pid_);
}

SteppedCall::~SteppedCall() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
}

void SteppedCall::finish() {
    constexpr std::uint64_t to_the_end = 1'000'000;
    if (!is_done()) step(to_the_end);
}

std::uint64_t look_at_every_change(SteppedCall& call, const MappedRing& ring,
                                   const std::function<void(const MappedRing&)>& look) {
    const auto bytes = ring.bytes();
    std::uint64_t instructions = 0;
    for (;;) {
        look(MappedRing(ring));
        if (call.is_done()) return instructions;
        const std::vector<std::byte> seen(bytes.begin(), bytes.end());
        do {
            instructions += call.step(1);
        } while (!call.is_done() && std::equal(seen.begin(), seen.end(), bytes.begin()));
    }
}

std::uint64_t kill_at_every_change(const MappedRing& before, const std::function<void(const MappedRing&)>& operation,
                                   const std::function<void(const MappedRing&)>& look) {
    operation(MappedRing(before));  // what the dynamic linker has to do is done before
    const MappedRing ring(before);
    SteppedCall call([&] { operation(ring); });
    return look_at_every_change(call, ring, look);
}

void stop_along(const MappedRing& before, const std::function<void(const MappedRing&)>& operation,
                const std::function<bool(const MappedRing& ring, std::uint64_t instructions)>& try_after) {
    // Each point executes all instructions before it anew, and a sanitizer makes many instructions of one.
    constexpr std::uint64_t most_steps = 60'000;
    const std::uint64_t total = kill_at_every_change(before, operation, [](const MappedRing&) {});
    const std::uint64_t stride = 1 + total * total / most_steps;
    bool is_done = false;
    for (std::uint64_t instructions = 0; !is_done && !testing::Test::HasFailure(); instructions += stride) {
        SCOPED_TRACE("stopped after " + std::to_string(instructions) + " instructions");
        is_done = try_after(MappedRing(before), instructions);
    }
}

}  // namespace ringview::test
