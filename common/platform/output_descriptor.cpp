#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>

#include <ringview/platform/error.hpp>
#include <ringview/platform/output_descriptor.hpp>

namespace ringview::platform {

UniqueFd create_file(const std::string& path) {
    UniqueFd file(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
    if (!file.is_open()) throw Error::from_errno("cannot open " + path, errno);
    return file;
}

std::size_t write_some(int fd, std::span<const std::byte> bytes) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written >= 0) return static_cast<std::size_t>(written);
    if (errno != EINTR) throw Error::from_errno("cannot write the output", errno);
    return 0;
}

bool takes_some(int fd) noexcept {
    pollfd entry{fd, POLLOUT, 0};
    return poll(&entry, 1, 0) > 0 && (entry.revents & (POLLOUT | POLLERR)) == POLLOUT;
}

bool wait_until_writable(int fd, std::chrono::milliseconds timeout) {
    pollfd entry{fd, POLLOUT, 0};
    return poll(&entry, 1, static_cast<int>(timeout.count())) > 0;
}

}  // namespace ringview::platform
