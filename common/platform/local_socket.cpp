#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <ringview/platform/error.hpp>
#include <ringview/platform/local_socket.hpp>
#include <ringview/platform/process.hpp>
#include <ringview/platform/slow_close.hpp>

namespace ringview::platform {
namespace {

// Missing from the headers of older C libraries; the numbers are the kernel's.
constexpr int so_peerpidfd = 77;
constexpr int so_peergroups = 59;
constexpr int so_passrights = 83;
/// Descriptors that we send with one packet at most.
constexpr std::size_t most_fds = 16;
/// What the kernel lets a peer send with one. Those that find no room are closed in the call, however long that takes.
constexpr std::size_t most_fds_of_peers = 253;

sockaddr_un address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path) {
        throw Error(Error::invalid,
                    "a socket path has 1 to " + std::to_string(sizeof address.sun_path - 1) + " bytes, \"" + path +
                        "\" has " + std::to_string(path.size()),
                    "choose a shorter directory");
    }
    std::copy(path.begin(), path.end(), address.sun_path);
    return address;
}

UniqueFd make_socket(int extra_flags) {
    UniqueFd fd(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | extra_flags, 0));
    if (!fd.is_open()) throw Error::from_errno("cannot make a Unix socket", errno);
    return fd;
}

std::vector<UniqueFd> take_fds(msghdr& message) {
    std::vector<UniqueFd> fds;
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof fd);
            fds.emplace_back(fd);
        }
    }
    return fds;
}

/// That there is none is no peculiarity of the peer.
void check_room(int error) {
    if (error == EMFILE || error == ENFILE || error == ENOMEM)
        throw Error::from_errno("cannot open a pidfd of the peer", error);
}

/// An empty packet and a hang-up both read as zero bytes.
bool has_hung_up(int socket) {
    pollfd entry{socket, POLLIN | POLLRDHUP, 0};
    return poll(&entry, 1, 0) > 0 && (entry.revents & (POLLHUP | POLLRDHUP | POLLERR)) != 0;
}

}  // namespace

UniqueFd listen_at(const std::string& path, mode_t mode) {
    const sockaddr_un address = address_of(path);
    UniqueFd fd = make_socket(SOCK_NONBLOCK);
    if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        throw Error::from_errno("cannot bind " + path, errno);
    }
    if (chmod(path.c_str(), mode) != 0 || listen(fd.get(), SOMAXCONN) != 0) {
        const int error_number = errno;
        unlink(path.c_str());
        throw Error::from_errno("cannot listen at " + path, error_number);
    }
    return fd;
}

void refuse_descriptors(int listener) noexcept {
    const int no = 0;
    setsockopt(listener, SOL_SOCKET, so_passrights, &no, sizeof no);
}

UniqueFd accept_from(int listener) {
    for (;;) {
        UniqueFd fd(accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (fd.is_open() || errno == EAGAIN || errno == EWOULDBLOCK) return fd;
        if (errno != EINTR && errno != ECONNABORTED) throw Error::from_errno("cannot accept a client", errno);
    }
}

UniqueFd connect_to(const std::string& path, std::string& no_listener) {
    const sockaddr_un address = address_of(path);
    UniqueFd fd = make_socket(0);
    int result = 0;
    do {
        result = connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    } while (result != 0 && errno == EINTR);
    if (result == 0) return fd;
    if (errno == EACCES) {
        throw Error(Error::denied, "no right to connect to " + path,
                    "the daemon's socket_mode, the socket's owner and its folder say who may: ask whoever runs it");
    }
    no_listener = std::strerror(errno);
    return {};
}

SendResult send_packet(int socket, std::string_view bytes, std::span<const int> fds, bool may_block) {
    iovec part{const_cast<char*>(bytes.data()), bytes.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    alignas(cmsghdr) std::array<char, CMSG_SPACE(most_fds * sizeof(int))> control{};
    if (!fds.empty()) {
        if (fds.size() > most_fds) throw Error(Error::invalid, "too many descriptors for one packet");
        message.msg_control = control.data();
        message.msg_controllen = CMSG_SPACE(fds.size_bytes());
        cmsghdr* header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(fds.size_bytes());
        std::memcpy(CMSG_DATA(header), fds.data(), fds.size_bytes());
    }
    for (;;) {
        if (sendmsg(socket, &message, MSG_NOSIGNAL | (may_block ? 0 : MSG_DONTWAIT)) >= 0) return SendResult::sent;
        if (errno == EINTR) continue;
        if (errno == EAGAIN || errno == EWOULDBLOCK) return SendResult::would_block;
        if (errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN) return SendResult::hung_up;
        throw Error::from_errno("cannot send a packet of " + std::to_string(bytes.size()) + " bytes", errno);
    }
}

Packet receive_packet(int socket, std::size_t max_bytes, std::size_t max_fds) {
    Packet packet;
    packet.bytes.resize(max_bytes);
    iovec part{packet.bytes.data(), packet.bytes.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(most_fds_of_peers * sizeof(int))> control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    ssize_t received = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    // ECONNRESET comes once, where the peer hung up without reading all of ours, and ahead of what it has sent.
    while (received < 0 && (errno == EINTR || errno == ECONNRESET)) {
        received = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    }
    if (received < 0) {
        packet.bytes.clear();
        if (errno == ENOTCONN)
            packet.kind = Packet::Kind::hung_up;
        else if (errno != EAGAIN && errno != EWOULDBLOCK)
            throw Error::from_errno("cannot receive a packet", errno);
        return packet;
    }
    packet.fds = take_fds(message);
    packet.bytes.resize(static_cast<std::size_t>(received));
    packet.is_truncated = (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0 || packet.fds.size() > max_fds;
    const bool may_be_end = received == 0 && packet.fds.empty();
    packet.kind = may_be_end && has_hung_up(socket) ? Packet::Kind::hung_up : Packet::Kind::packet;
    if (packet.is_truncated) close_in_background(std::exchange(packet.fds, {}));
    return packet;
}

void discard_packets(int socket) {
    // From here on nothing is added; and with its sender's credentials an empty packet is told from the end.
    shutdown(socket, SHUT_RDWR);
    const int yes = 1;
    setsockopt(socket, SOL_SOCKET, SO_PASSCRED, &yes, sizeof yes);
    for (;;) {
        alignas(cmsghdr) std::array<char, CMSG_SPACE(most_fds_of_peers * sizeof(int)) + CMSG_SPACE(sizeof(ucred))>
            control{};
        msghdr message{};
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        if (recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) < 0) {
            if (errno == EINTR || errno == ECONNRESET) continue;
            return;
        }
        if (message.msg_controllen == 0) return;
        close_in_background(take_fds(message));
    }
}

bool wait_for_packet(int socket, std::chrono::milliseconds timeout) {
    const auto end = std::chrono::steady_clock::now() + timeout;
    for (;;) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
        pollfd entry{socket, POLLIN, 0};
        const int ready = poll(&entry, 1, static_cast<int>(std::max<std::int64_t>(0, left.count())));
        if (ready > 0) return true;
        if (ready == 0) return false;
        if (errno != EINTR) throw Error::from_errno("cannot wait for a packet", errno);
    }
}

PeerCredentials peer_credentials(int socket) {
    ucred credentials{};
    socklen_t bytes = sizeof credentials;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &bytes) != 0) {
        throw Error::from_errno("cannot read the peer's credentials", errno);
    }
    PeerCredentials peer{credentials.pid, credentials.uid, credentials.gid, {}};
    socklen_t group_bytes = 0;
    if (getsockopt(socket, SOL_SOCKET, so_peergroups, nullptr, &group_bytes) != 0 && errno == ERANGE) {
        peer.groups.resize(group_bytes / sizeof(gid_t));
        if (getsockopt(socket, SOL_SOCKET, so_peergroups, peer.groups.data(), &group_bytes) != 0) peer.groups.clear();
        peer.groups.resize(std::min(peer.groups.size(), group_bytes / sizeof(gid_t)));
    }
    return peer;
}

UniqueFd peer_pidfd(int socket, const PeerCredentials& credentials) {
    int fd = -1;
    socklen_t bytes = sizeof fd;
    if (getsockopt(socket, SOL_SOCKET, so_peerpidfd, &fd, &bytes) == 0) {
        UniqueFd pidfd(fd);
        fcntl(fd, F_SETFD, FD_CLOEXEC);
        return pidfd;
    }
    check_room(errno);
    if (credentials.pid != 0) {
        // The pid cannot have been reused unnoticed: its process holds the other end, or has died, which the pidfd of
        // nobody, or of a process that never connected, would hide. So the socket is looked at once more afterwards.
        UniqueFd pidfd = open_pidfd(credentials.pid);
        if (!pidfd.is_open()) check_room(errno);
        if (pidfd.is_open() && !has_hung_up(socket)) return pidfd;
    }
    throw Error(Error::unsupported,
                "the kernel gives no pidfd of this client, so its death could not be told from its silence",
                "a client in another pid namespace needs Linux 6.5 or later (SO_PEERPIDFD)");
}

}  // namespace ringview::platform
