#include <unistd.h>

#include <ringview/platform/unique_fd.hpp>

namespace ringview::platform {

void UniqueFd::reset(int fd) noexcept {
    if (fd_ >= 0) close(fd_);
    fd_ = fd;
}

}  // namespace ringview::platform
