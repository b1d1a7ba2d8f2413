#include <poll.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include <ringview/platform/child_process.hpp>
#include <ringview/platform/error.hpp>
#include <ringview/platform/process.hpp>

namespace ringview::platform {

ChildProcess::ChildProcess(const std::vector<std::string>& arguments) {
    std::vector<char*> argv;
    argv.reserve(arguments.size() + 1);
    for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    const int error_number = posix_spawn(&pid_, argv[0], nullptr, nullptr, argv.data(), environ);
    if (error_number != 0) throw Error::from_errno("cannot start " + arguments.at(0), error_number);
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), exit_status_(other.exit_status_) {}

ChildProcess::~ChildProcess() {
    if (pid_ < 0) return;
    send_signal(SIGKILL);
    wait();
}

int ChildProcess::wait() {
    if (pid_ < 0) return exit_status_;
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0) {
        if (errno != EINTR) return -1;
    }
    pid_ = -1;
    exit_status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return exit_status_;
}

std::optional<int> ChildProcess::wait_for(std::chrono::milliseconds timeout) {
    if (pid_ < 0) return wait();
    const UniqueFd pidfd = open_pidfd(pid_);
    pollfd entry{pidfd.get(), POLLIN, 0};
    if (poll(&entry, 1, static_cast<int>(timeout.count())) <= 0) return std::nullopt;
    return wait();
}

void ChildProcess::send_signal(int signal) const noexcept {
    if (pid_ > 0) kill(pid_, signal);
}

void die_with_parent(pid_t parent) noexcept {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    // The parent may have died before that took effect.
    if (getppid() != parent) _exit(1);
}

std::string own_program_path() {
    return std::filesystem::read_symlink("/proc/self/exe").string();
}

TemporaryDirectory::TemporaryDirectory() {
    const char* base = std::getenv("TMPDIR");
    std::string path = std::string(base != nullptr && *base != '\0' ? base : "/tmp") + "/ringview-XXXXXX";
    if (mkdtemp(path.data()) == nullptr) throw Error::from_errno("cannot make a directory " + path, errno);
    path_ = path;
}

TemporaryDirectory::~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

}  // namespace ringview::platform
