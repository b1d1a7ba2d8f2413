#include "crew.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <new>
#include <stdexcept>

#include <fmt/core.h>
#include <ringview/platform/clock.hpp>

namespace ringview::soak {

Crew::~Crew() {
    for (const Worker& worker : workers_) {
        ::kill(worker.pid, SIGKILL);
        waitpid(worker.pid, nullptr, 0);
    }
}

void Crew::start(Task task) {
    Report* report = reports_->data();
    while (std::any_of(workers_.begin(), workers_.end(), [&](const Worker& w) { return w.task.report == report; }))
        ++report;
    task.report = new (report) Report{};
    std::fflush(nullptr);
    // A signal that comes before the worker listens to it waits.
    sigset_t both;
    sigemptyset(&both);
    sigaddset(&both, SIGTERM);
    sigaddset(&both, SIGUSR1);
    sigprocmask(SIG_BLOCK, &both, nullptr);
    const pid_t pid = fork();
    if (pid == 0) _exit(static_cast<int>(work(task)));
    sigprocmask(SIG_UNBLOCK, &both, nullptr);
    if (pid < 0) throw std::runtime_error("fork failed");
    workers_.push_back({pid, task});
    ++tally_.started;
}

void Crew::kill(std::size_t index) {
    workers_[index].is_killed = true;
    ++tally_.killed;
    ::kill(workers_[index].pid, SIGKILL);
}

void Crew::collect() {
    for (std::size_t i = 0; i < workers_.size();) {
        int status = 0;
        if (waitpid(workers_[i].pid, &status, WNOHANG) == workers_[i].pid) {
            const Worker ended = workers_[i];
            workers_.erase(workers_.begin() + static_cast<std::ptrdiff_t>(i));
            judge(ended, status);
        } else {
            ++i;
        }
    }
}

void Crew::judge(const Worker& worker, int status) {
    if (worker.is_killed && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) return;
    const auto outcome = WIFEXITED(status) ? static_cast<Outcome>(WEXITSTATUS(status)) : Outcome::failed;
    switch (outcome) {
        case Outcome::fine:
            return;
        case Outcome::not_admitted:
            ++tally_.not_admitted;
            return;
        case Outcome::evicted:
            ++tally_.evicted;
            return;
        case Outcome::failed:
            break;
    }
    throw std::runtime_error(fmt::format("a process with the seed {} on ring {} ended with status {:#x}",
                                         worker.task.seed, worker.task.ring, status));
}

void Crew::bring_to_rest() {
    for (const Worker& worker : workers_) ::kill(worker.pid, SIGUSR1);
    wait_until([](const Task& task) { return task.report->is_at_rest.load(); }, "consumers that come to rest");
}

void Crew::wait_a_little(unsigned tries, const char* what) {
    constexpr unsigned most_tries = 60'000;
    if (tries == most_tries) throw std::runtime_error(fmt::format("waited for {} for a minute", what));
    platform::sleep_for(std::chrono::milliseconds(1));
}

}  // namespace ringview::soak
