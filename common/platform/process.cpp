#include <poll.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>

#include <ringview/platform/error.hpp>
#include <ringview/platform/process.hpp>

namespace ringview::platform {
namespace {

std::string proc_path(pid_t pid, const char* leaf) {
    return "/proc/" + std::to_string(pid) + "/" + leaf;
}

struct ProcStat {
    char state = '?';
    std::uint64_t start_time_ticks = 0;
};

/// proc(5): `pid (comm) state …`, the start time is field 22. comm may hold anything, also parentheses.
std::optional<ProcStat> read_stat(pid_t pid) {
    std::ifstream file(proc_path(pid, "stat"));
    std::string text;
    std::getline(file, text, '\0');  // which, unlike an iterator, throws nothing where the process ends before the read
    const std::size_t comm_end = text.rfind(')');
    if (comm_end == std::string::npos) return std::nullopt;
    std::istringstream fields(text.substr(comm_end + 1));
    ProcStat stat;
    fields >> stat.state;
    std::string skipped;
    for (int field = 4; field < 22; ++field) fields >> skipped;
    fields >> stat.start_time_ticks;
    if (!fields) return std::nullopt;
    return stat;
}

}  // namespace

std::optional<ProcessIdentity> identity_of(pid_t pid) {
    const std::optional<ProcStat> stat = read_stat(pid);
    if (!stat) return std::nullopt;
    ProcessIdentity identity{pid, stat->start_time_ticks, 0};
    struct stat facts {};
    if (::stat(proc_path(pid, "ns/pid").c_str(), &facts) == 0) identity.pid_namespace = facts.st_ino;
    return identity;
}

ProcessIdentity self_identity() {
    return identity_of(getpid()).value_or(ProcessIdentity{getpid(), 0, 0});
}

bool is_running(const ProcessIdentity& identity) {
    const std::optional<ProcStat> stat = read_stat(identity.pid);
    return stat && stat->start_time_ticks == identity.start_time_ticks && stat->state != 'Z' && stat->state != 'X';
}

bool has_ended(const ProcessIdentity& identity) {
    if (is_running(identity)) return false;
    const bool is_shown = read_stat(identity.pid).has_value();
    return is_shown || (kill(identity.pid, 0) != 0 && errno == ESRCH);
}

UniqueFd open_pidfd(pid_t pid) {
    return UniqueFd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
}

bool is_alive(int pidfd) noexcept {
    pollfd entry{pidfd, POLLIN, 0};
    return poll(&entry, 1, 0) == 0;
}

pid_t current_pid() noexcept {
    return getpid();
}
uid_t current_uid() noexcept {
    return geteuid();
}

std::string process_name(pid_t pid) {
    std::ifstream file(proc_path(pid, "comm"));
    std::string name;
    return std::getline(file, name) && !name.empty() ? name : "?";
}

void raise_descriptor_limit() noexcept {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

std::uint64_t random_u64() {
    std::uint64_t value = 0;
    while (getrandom(&value, sizeof value, 0) != static_cast<ssize_t>(sizeof value)) {
        if (errno != EINTR) throw Error::from_errno("cannot draw a random number", errno);
    }
    return value;
}

}  // namespace ringview::platform
