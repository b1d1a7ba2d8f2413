#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace ringview::platform {

/// A program started by this one, ended with it.
class ChildProcess {
 public:
    /// argv[0] is the program's path. Throws Error::system.
    explicit ChildProcess(const std::vector<std::string>& arguments);
    ChildProcess(ChildProcess&& other) noexcept;
    ChildProcess& operator=(ChildProcess&&) = delete;
    /// Kills it where it still runs, and collects it.
    ~ChildProcess();

    pid_t pid() const noexcept { return pid_; }
    /// Its exit status; 128 + the signal that ended it, as a shell has it. The same when asked again.
    int wait();
    /// The same, if it ends within `timeout`. A signal handled meanwhile ends the wait early.
    std::optional<int> wait_for(std::chrono::milliseconds timeout);
    void send_signal(int signal) const noexcept;

 private:
    pid_t pid_ = -1;  ///< -1 once collected
    int exit_status_ = -1;
};

/// Has the kernel kill this process when the process that started it dies. `parent`: its pid; this process ends at once
/// where that has died before.
void die_with_parent(pid_t parent) noexcept;

/// The program that this process runs.
std::string own_program_path();

/// A new directory of mode 0700 under /tmp (or $TMPDIR), removed with everything in it.
class TemporaryDirectory {
 public:
    TemporaryDirectory();
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    ~TemporaryDirectory();

    const std::string& path() const noexcept { return path_; }

 private:
    std::string path_;
};

}  // namespace ringview::platform
