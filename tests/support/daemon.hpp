#pragma once

#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include <ringview/client.hpp>
#include <ringview/platform/child_process.hpp>

#include "support/child.hpp"

namespace ringview::test {

/// A ringviewd of its own: private socket in a private directory, an instance name that nobody else has. Ended with
/// this object; segments that are left then are removed, and are a failure of the test unless it killed the daemon.
class Daemon {
 public:
    /// `settings`: the text of a TOML file, or nothing. `extra`: more arguments. `launcher`: words before the command,
    /// of a program that becomes it.
    explicit Daemon(const std::string& settings = {}, std::vector<std::string> extra = {},
                    std::vector<std::string> launcher = {});
    Daemon(const Daemon&) = delete;
    Daemon& operator=(const Daemon&) = delete;
    ~Daemon();

    const std::string& socket() const noexcept { return socket_; }
    const std::string& instance() const noexcept { return instance_; }
    const std::string& directory() const noexcept { return directory_.path(); }
    pid_t pid() const noexcept { return process_->pid(); }
    bool is_running() const noexcept { return process_ && process_->is_running(); }
    Client client() const { return Client::connect({.socket = socket_}); }

    /// Starts it (again), and waits until it listens.
    void start();
    Ended stop(int signal = SIGTERM);
    void kill();
    Child& process() noexcept { return *process_; }
    /// For a test that leaves segments behind on purpose.
    void expect_leftovers() noexcept { may_leave_segments_ = true; }

    /// Everything of this instance in /dev/shm, the lock file too.
    std::vector<std::string> files_in_shm() const;
    /// Of a second daemon beside this one, to try it.
    static std::vector<std::string> command(const std::string& socket, const std::string& instance);

 private:
    platform::TemporaryDirectory directory_;
    std::string socket_;
    std::string instance_;
    std::string settings_path_;
    std::vector<std::string> extra_;
    std::vector<std::string> launcher_;
    std::unique_ptr<Child> process_;
    bool may_leave_segments_ = false;
};

/// A name that no other test of this machine has: [a-z0-9-], at most 24 characters.
std::string unique_name(const std::string& prefix);

}  // namespace ringview::test
