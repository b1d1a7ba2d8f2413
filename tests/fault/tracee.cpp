#include "tracee.hpp"

#include <sys/ptrace.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <string>

namespace ringview::test {

Tracee::Tracee(pid_t pid) : pid_(pid) {
    if (stop_signal() != SIGSTOP) throw std::runtime_error("the child did not stop before its operation");
    ptrace(PTRACE_SETOPTIONS, pid_, nullptr, PTRACE_O_EXITKILL);
}

int Tracee::stop_signal() const {
    int status = 0;
    while (waitpid(pid_, &status, WUNTRACED) < 0) {
        if (errno != EINTR) throw std::runtime_error("the child cannot be waited for");
    }
    if (!WIFSTOPPED(status)) throw std::runtime_error("the child ended by itself");
    return WSTOPSIG(status);
}

std::uint64_t Tracee::step(std::uint64_t count) {
    for (std::uint64_t done = 0; done < count; ++done) {
        if (ptrace(PTRACE_SINGLESTEP, pid_, nullptr, nullptr) != 0)
            throw std::runtime_error("the child cannot be stepped");
        const int signal = stop_signal();
        is_done_ = signal == SIGUSR1;
        if (is_done_) return done;
        if (signal != SIGTRAP) throw std::runtime_error("the child got signal " + std::to_string(signal));
    }
    return count;
}

}  // namespace ringview::test
