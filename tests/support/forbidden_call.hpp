#pragma once

namespace ringview::test {

/// From now on this process, and what it starts, is refused a system call (EPERM), as in a container whose seccomp
/// profile does not know it. Throws std::runtime_error where the kernel has no seccomp filters.
void forbid_call(long number);

/// The same for the two advices of madvise() that fill a page table, with the error of a kernel that is older than
/// they.
void forbid_populating();

/// The same for epoll_ctl() where it adds a descriptor: the user's limit of watches is reached.
void forbid_watching();

/// membarrier, or futex_waitv. Throws std::invalid_argument for another name.
long call_named(const char* name);

}  // namespace ringview::test
