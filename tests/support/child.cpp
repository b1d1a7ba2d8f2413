#include "child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <utility>

namespace ringview::test {
namespace {

using platform::UniqueFd;

std::pair<UniqueFd, UniqueFd> make_pipe() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

/// Closes `fd` at its end.
void read_some(UniqueFd& fd, std::string& text) {
    std::array<char, 65536> buffer{};
    const ssize_t got = read(fd.get(), buffer.data(), buffer.size());
    if (got > 0) {
        text.append(buffer.data(), static_cast<std::size_t>(got));
    } else if (got == 0 || errno != EINTR) {
        fd.reset();
    }
}

}  // namespace

Child::Child(const std::vector<std::string>& argv, const std::vector<std::string>& identity) {
    std::vector<std::string> words{"/usr/bin/setpriv", "--pdeathsig", "KILL"};
    words.insert(words.end(), identity.begin(), identity.end());
    words.emplace_back("--");
    words.insert(words.end(), argv.begin(), argv.end());
    std::vector<char*> pointers;
    pointers.reserve(words.size() + 1);
    for (std::string& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);

    auto [input_read, input_write] = make_pipe();
    auto [output_read, output_write] = make_pipe();
    auto [errors_read, errors_write] = make_pipe();
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input_read.get(), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output_write.get(), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, errors_write.get(), STDERR_FILENO);
    const int error = posix_spawn(&pid_, pointers[0], &actions, nullptr, pointers.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) throw std::runtime_error("cannot start " + argv.at(0));
    input_ = std::move(input_write);
    output_fd_ = std::move(output_read);
    errors_fd_ = std::move(errors_read);
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      input_(std::move(other.input_)),
      output_fd_(std::move(other.output_fd_)),
      errors_fd_(std::move(other.errors_fd_)),
      output_(std::move(other.output_)),
      errors_(std::move(other.errors_)) {}

Child::~Child() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
}

void Child::signal(int number) const noexcept {
    if (pid_ > 0) ::kill(pid_, number);
}

bool Child::has_ended() const noexcept {
    siginfo_t info{};
    return waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid_;
}

bool Child::pump(std::chrono::milliseconds limit) {
    // A closed stream has descriptor -1, which poll passes over.
    std::array<pollfd, 2> entries{pollfd{output_fd_.get(), POLLIN, 0}, pollfd{errors_fd_.get(), POLLIN, 0}};
    if (poll(entries.data(), entries.size(), static_cast<int>(limit.count())) <= 0) return false;
    if (entries[0].revents != 0) read_some(output_fd_, output_);
    if (entries[1].revents != 0) read_some(errors_fd_, errors_);
    return true;
}

std::string Child::read_line() {
    const auto end = std::chrono::steady_clock::now() + patience;
    for (;;) {
        if (const std::size_t newline = output_.find('\n'); newline != std::string::npos) {
            std::string line = output_.substr(0, newline);
            output_.erase(0, newline + 1);
            return line;
        }
        if (!output_fd_.is_open() || std::chrono::steady_clock::now() > end)
            throw std::runtime_error("the child has no line for us; it wrote: " + output_ + errors_);
        pump(std::chrono::milliseconds(100));
    }
}

void Child::nudge() {
    if (write(input_.get(), "\n", 1) != 1) throw std::runtime_error("the child's input is closed");
}

Ended Child::wait(std::chrono::milliseconds limit) {
    int status = 0;
    const auto read_everything = [this] {
        while (pump(std::chrono::milliseconds(0))) {
        }
    };
    const auto is_collected = [&] {
        read_everything();
        return waitpid(pid_, &status, WNOHANG) == pid_;
    };
    wait_until("the end of a child", is_collected, limit);
    pid_ = -1;
    read_everything();
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return {code, std::exchange(output_, {}), std::exchange(errors_, {})};
}

Ended Child::kill() {
    signal(SIGKILL);
    return wait();
}

std::vector<std::string> helper(const std::string& role, const std::vector<std::string>& arguments) {
    std::vector<std::string> words{HELPER_PROGRAM, role};
    words.insert(words.end(), arguments.begin(), arguments.end());
    return words;
}

}  // namespace ringview::test
