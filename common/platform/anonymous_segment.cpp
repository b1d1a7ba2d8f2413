#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include <ringview/platform/anonymous_segment.hpp>
#include <ringview/platform/cgroup.hpp>
#include <ringview/platform/error.hpp>
#include <ringview/platform/huge_pages.hpp>
#include <ringview/platform/numa.hpp>

namespace ringview::platform {
namespace {

/// Linux 6.3; Debian's headers are older. A kernel may be told to refuse executable memfds (vm.memfd_noexec).
constexpr unsigned memfd_noexec_seal = 0x0008;

UniqueFd create_empty(const std::string& label, unsigned flags) {
    flags |= MFD_CLOEXEC | MFD_ALLOW_SEALING;
    UniqueFd fd(memfd_create(label.c_str(), flags | memfd_noexec_seal));
    if (!fd.is_open() && errno == EINVAL) fd.reset(memfd_create(label.c_str(), flags));
    if (!fd.is_open()) throw Error::from_errno("cannot make the segment " + label, errno);
    // It begins as 0666 or 0777: whoever is given a read-only descriptor could open it for writing.
    if (fchmod(fd.get(), 0600) != 0) throw Error::from_errno("cannot set the mode of segment " + label, errno);
    return fd;
}

/// 0 or the error.
int allocate(int fd, std::size_t bytes) {
    int error = 0;
    do {
        error = posix_fallocate(fd, 0, static_cast<off_t>(bytes));
    } while (error == EINTR);
    return error;
}

Error pool_error(std::uint64_t needed, const HugePagePool& pool, std::optional<unsigned> node) {
    constexpr std::uint64_t kib = 1024;
    const std::string page = std::to_string(pool.page_bytes / kib);
    const std::string total = std::to_string(pool.total + needed - std::min(needed, pool.free));
    return {Error::no_memory,
            std::to_string(needed) + " reserved huge pages of " + page + " KiB are needed" +
                (node ? " on node " + std::to_string(*node) : "") + ", " + std::to_string(pool.free) + " of " +
                std::to_string(pool.total) + " are free",
            node ? "root reserves more: echo " + total + " > /sys/devices/system/node/node" + std::to_string(*node) +
                       "/hugepages/hugepages-" + page + "kB/nr_hugepages"
                 : "root reserves more: sysctl vm.nr_hugepages=" + total};
}

}  // namespace

UniqueFd create_anonymous_segment(const std::string& label, std::size_t bytes, std::optional<unsigned> node) {
    // No file system limits it: what does not fit would be paid for by whomever the kernel then kills.
    check_available("the segment " + label, bytes, node);
    check_cgroup("the segment " + label, bytes);
    UniqueFd fd = create_empty(label, 0);
    const int error = allocate(fd.get(), bytes);
    if (error == 0) return fd;
    if (error == ENOSPC || error == ENOMEM || error == EFBIG)
        throw Error(Error::no_memory,
                    "there is no memory for the segment " + label + " of " + std::to_string(bytes) + " bytes",
                    "use fewer or smaller slots, or remove rings");
    throw Error::from_errno("cannot allocate the segment " + label, error);
}

UniqueFd create_huge_segment(const std::string& label, std::size_t bytes, std::optional<unsigned> node) {
    const HugePagePool pool = huge_page_pool(node);
    if (pool.page_bytes == 0) throw Error(Error::unsupported, "this kernel has no reserved huge pages");
    UniqueFd fd = create_empty(label, MFD_HUGETLB);
    const int error = allocate(fd.get(), bytes);
    if (error == 0) return fd;
    if (error != ENOSPC && error != ENOMEM) throw Error::from_errno("cannot allocate the segment " + label, error);
    throw pool_error(bytes / pool.page_bytes, pool, node);
}

void seal_size(int fd) {
    if (fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
        throw Error::from_errno("cannot seal a segment", errno);
}

void shrink_segment(int fd, std::size_t bytes) {
    if (ftruncate(fd, static_cast<off_t>(bytes)) != 0) throw Error::from_errno("cannot shrink a segment", errno);
}

UniqueFd reopen_segment(int fd, Access access) {
    const std::string path = "/proc/self/fd/" + std::to_string(fd);
    UniqueFd other(open(path.c_str(), (access == Access::read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC));
    if (!other.is_open()) throw Error::from_errno("cannot open a segment anew", errno, "is /proc mounted?");
    return other;
}

}  // namespace ringview::platform
