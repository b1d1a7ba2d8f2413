#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <ringview/platform/error.hpp>
#include <ringview/platform/mapped_pages.hpp>

#include "proc_number.hpp"

namespace ringview::platform {
namespace {

/// Linux 6.1; Debian's headers know it, older ones do not.
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

/// Where the kernel cannot be asked for all pages at once (before Linux 5.14, or an emulated one). Reading is enough
/// for shared memory: its page comes in writable where the mapping is.
void touch_every_page(const Mapping& mapping) {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    for (std::size_t offset = 0; offset < mapping.size(); offset += page)
        static_cast<void>(*const_cast<const volatile std::byte*>(mapping.data() + offset));
}

std::string limit_text(rlim_t limit) {
    return limit == RLIM_INFINITY ? "any number of" : std::to_string(limit);
}

}  // namespace

void prefault(const Mapping& mapping, Access access) {
    if (mapping.size() == 0) return;
    const int advice = access == Access::read_only ? MADV_POPULATE_READ : MADV_POPULATE_WRITE;
    while (madvise(mapping.data(), mapping.size(), advice) != 0) {
        switch (errno) {
            case EINTR:
            case EAGAIN:
                continue;
            case EINVAL:
            case ENOSYS:
            case EPERM:
                return touch_every_page(mapping);
            default:
                throw Error::from_errno("cannot prefault " + std::to_string(mapping.size()) + " bytes", errno);
        }
    }
}

void lock(const Mapping& mapping, const std::string& what) {
    // Not mlock(), which a program built with a sanitizer has without effect.
    if (mapping.size() == 0 || mlock2(mapping.data(), mapping.size(), 0) == 0) return;
    const int error = errno;
    rlimit limit{};
    getrlimit(RLIMIT_MEMLOCK, &limit);
    const std::uint64_t locked = number_in("/proc/self/status", "VmLck").value_or(0);
    if (error != ENOMEM && error != EPERM) throw Error::from_errno("cannot lock " + what + " in memory", error);
    throw Error(
        Error::no_memory,
        "cannot lock " + what + " in memory: it has " + std::to_string(mapping.size()) + " bytes, the limit is " +
            limit_text(limit.rlim_cur) + " bytes (RLIMIT_MEMLOCK) and " + std::to_string(locked) +
            " are locked already",
        "raise the daemon's limit: LimitMEMLOCK= in its systemd unit, or ulimit -l before it is started; or give "
        "it CAP_IPC_LOCK");
}

std::string collapse_into_huge_pages(const Mapping& mapping) {
    constexpr int attempts = 3;  // EAGAIN: a page was in use for a moment
    int error = 0;
    for (int attempt = 0; attempt < attempts; ++attempt) {
        if (madvise(mapping.data(), mapping.size(), MADV_COLLAPSE) == 0) return {};
        error = errno;
        if (error != EAGAIN) break;
    }
    if (error == EINVAL) return "this kernel makes none of shared memory on demand (Linux 6.1 and later do)";
    return std::strerror(error);
}

}  // namespace ringview::platform
