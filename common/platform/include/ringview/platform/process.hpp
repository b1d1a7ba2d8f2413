#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include <ringview/platform/unique_fd.hpp>

/// Which process, and whether it lives. The kernel's word only: a process that does nothing is not dead.
namespace ringview::platform {

/// A pid is reused; with the start time and the pid namespace it names one process until the next boot.
struct ProcessIdentity {
    pid_t pid = 0;
    std::uint64_t start_time_ticks = 0;
    std::uint64_t pid_namespace = 0;  ///< inode of /proc/<pid>/ns/pid; 0 where we may not look

    bool operator==(const ProcessIdentity&) const = default;
};

ProcessIdentity self_identity();
/// Nothing where there is no such process here, or /proc does not show it.
std::optional<ProcessIdentity> identity_of(pid_t pid);
/// Whether this very process is still running (a zombie is not).
bool is_running(const ProcessIdentity& identity);
/// Whether this very process is known to have ended. Where /proc does not show it (hidepid), its pid alone tells.
bool has_ended(const ProcessIdentity& identity);

/// A descriptor that becomes readable when the process dies. Not open where there is no such process.
UniqueFd open_pidfd(pid_t pid);
/// By a pidfd.
bool is_alive(int pidfd) noexcept;

pid_t current_pid() noexcept;
uid_t current_uid() noexcept;
/// The kernel's short name of a process (comm), or "?".
std::string process_name(pid_t pid);

/// Lets this process open as many descriptors as its hard limit allows. The soft one is commonly 1024, for the sake of
/// programs that use select(2).
void raise_descriptor_limit() noexcept;

std::uint64_t random_u64();

}  // namespace ringview::platform
