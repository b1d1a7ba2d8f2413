#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <initializer_list>

#include <ringview/platform/standard_descriptors.hpp>

namespace ringview::platform {

void occupy_standard_descriptors() noexcept {
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF) continue;
        // It gets the lowest number that is free, which is this one. Against its use, so that this is an error.
        if (open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0) return;
    }
}

}  // namespace ringview::platform
