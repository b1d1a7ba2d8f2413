#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include <boost/interprocess/exceptions.hpp>
#include <boost/interprocess/shared_memory_object.hpp>
#include <ringview/platform/cgroup.hpp>
#include <ringview/platform/error.hpp>
#include <ringview/platform/shared_memory.hpp>

namespace ringview::platform {
namespace {

namespace ipc = boost::interprocess;

constexpr const char* segment_directory = "/dev/shm";

/// The object keeps its descriptor private and closes it; ours is a duplicate of it.
UniqueFd duplicate(const ipc::shared_memory_object& segment) {
    UniqueFd fd(fcntl(segment.get_mapping_handle().handle, F_DUPFD_CLOEXEC, 0));
    if (!fd.is_open()) throw Error::from_errno("cannot duplicate a descriptor", errno);
    return fd;
}

std::string free_bytes_text() {
    struct statvfs facts {};
    if (statvfs(segment_directory, &facts) != 0) return "an unknown number of bytes";
    return std::to_string(std::uint64_t{facts.f_bavail} * facts.f_frsize) + " bytes";
}

Error segment_error(const std::string& name, std::size_t bytes, const ipc::interprocess_exception& error) {
    switch (error.get_native_error()) {
        case EEXIST:
            return {Error::exists, "the segment " + name + " exists already"};
        case ENOENT:
            return {Error::not_found, "there is no segment " + name};
        case ENOSPC:
        case ENOMEM:
        case EFBIG:
        case EINVAL:
            return {Error::no_memory,
                    "the segment " + name + " needs " + std::to_string(bytes) + " bytes; " + segment_directory +
                        " has " + free_bytes_text() + " free",
                    "use fewer or smaller slots, remove rings, or enlarge it: mount -o remount,size=2G /dev/shm "
                    "(docker: --shm-size)"};
        default:
            return Error::from_errno("cannot open the segment " + name, error.get_native_error());
    }
}

}  // namespace

UniqueFd create_segment(const std::string& name, std::size_t bytes) {
    check_cgroup("the segment " + name, bytes);
    try {
        ipc::shared_memory_object segment(ipc::create_only, name.c_str(), ipc::read_write, ipc::permissions(0600));
        try {
            // truncate() allocates too (posix_fallocate).
            segment.truncate(static_cast<ipc::offset_t>(bytes));
            UniqueFd fd = duplicate(segment);
            if (fchmod(fd.get(), 0600) != 0) throw Error::from_errno("cannot set the mode of segment " + name, errno);
            return fd;
        } catch (...) {
            ipc::shared_memory_object::remove(name.c_str());
            throw;
        }
    } catch (const ipc::interprocess_exception& error) {
        throw segment_error(name, bytes, error);
    }
}

UniqueFd open_segment(const std::string& name, Access access) {
    try {
        return duplicate(
            {ipc::open_only, name.c_str(), access == Access::read_only ? ipc::read_only : ipc::read_write});
    } catch (const ipc::interprocess_exception& error) {
        throw segment_error(name, 0, error);
    }
}

bool remove_segment(const std::string& name) {
    return ipc::shared_memory_object::remove(name.c_str());
}

std::vector<std::string> list_segments(const std::string& prefix) {
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir(segment_directory), closedir);
    if (directory == nullptr) throw Error::from_errno(std::string("cannot read ") + segment_directory, errno);
    std::vector<std::string> names;
    while (const dirent* entry = readdir(directory.get())) {
        const std::string name = entry->d_name;
        if (name.starts_with(prefix)) names.push_back(name);
    }
    std::sort(names.begin(), names.end());
    return names;
}

}  // namespace ringview::platform
