#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

#include <ringview/platform/error.hpp>
#include <ringview/platform/file_lock.hpp>

namespace ringview::platform {
namespace {

/// Whether the path still names the file that we have locked: its last holder may have removed it in between.
bool is_current(const std::string& path, int fd) {
    struct stat locked {};
    struct stat named {};
    return fstat(fd, &locked) == 0 && stat(path.c_str(), &named) == 0 && locked.st_ino == named.st_ino &&
           locked.st_dev == named.st_dev;
}

void write_pid(int fd) {
    const std::string text = std::to_string(getpid()) + "\n";
    // Only for people who look: nothing depends on it.
    if (ftruncate(fd, 0) != 0 || write(fd, text.data(), text.size()) < 0) return;
}

const char* hint_for(int error_number) {
    switch (error_number) {
        case ENOENT:
            return "make its folder first";
        case EACCES:
        case EPERM:
            return "it may belong to another user";
        default:
            return "";
    }
}

}  // namespace

std::optional<FileLock> FileLock::try_acquire(const std::string& path) {
    for (;;) {
        UniqueFd fd(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
        if (!fd.is_open()) throw Error::from_errno("cannot open the lock file " + path, errno, hint_for(errno));
        if (flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
            if (errno == EINTR) continue;
            if (errno == EWOULDBLOCK) return std::nullopt;
            throw Error::from_errno("cannot lock " + path, errno);
        }
        if (!is_current(path, fd.get())) continue;
        write_pid(fd.get());
        return FileLock(path, std::move(fd));
    }
}

int FileLock::holder_pid(const std::string& path) {
    std::ifstream file(path);
    int pid = 0;
    return file >> pid ? pid : 0;
}

FileLock::~FileLock() {
    if (fd_.is_open() && is_current(path_, fd_.get())) unlink(path_.c_str());
}

}  // namespace ringview::platform
