#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ringview/platform/unique_fd.hpp>

/// Unix sockets of type SOCK_SEQPACKET: packets with descriptors, between processes that know each other's credentials.
namespace ringview::platform {

/// A listening socket at a path that must be free; the file gets `mode`. Does not block in accept.
UniqueFd listen_at(const std::string& path, mode_t mode);

/// From now on no descriptor can be sent to who accepts from this listener: the kernel refuses it (EPERM). To close one
/// can take its sender's time, a socket that lingers say, or a file whose file system does not answer. Before
/// Linux 6.16 this has no effect.
void refuse_descriptors(int listener) noexcept;

/// The next connection to a listening socket. Not open where none is waiting; throws where the process or the system is
/// out of descriptors or memory.
UniqueFd accept_from(int listener);

/// Not open where nobody is waiting there; `no_listener` then tells why. Throws where the path makes no
/// sense, and Error::denied where this process may not connect.
UniqueFd connect_to(const std::string& path, std::string& no_listener);

enum class SendResult { sent, would_block, hung_up };

/// One packet. Never raises SIGPIPE. `may_block`: wait for room in the socket's buffer.
SendResult send_packet(int socket, std::string_view bytes, std::span<const int> fds, bool may_block);

struct Packet {
    enum class Kind { packet, nothing_yet, hung_up };
    Kind kind = Kind::nothing_yet;
    std::string bytes;
    std::vector<UniqueFd> fds;
    bool is_truncated = false;  ///< larger than max_bytes, or descriptors were lost; then `fds` is empty
};

/// One packet, if there is one: never blocks, nor do descriptors beyond `max_fds`, which are closed in the background.
/// At most `max_bytes` and `max_fds`.
Packet receive_packet(int socket, std::size_t max_bytes, std::size_t max_fds);

/// Before a peer's socket is closed: nobody is to send anything any more, and descriptors among what waits unread,
/// which closing would close, are closed in the background.
void discard_packets(int socket);

/// Waits until a packet or a hang-up is there. False when the time is up.
bool wait_for_packet(int socket, std::chrono::milliseconds timeout);

struct PeerCredentials {
    pid_t pid = 0;  ///< 0: in a pid namespace that we cannot see into
    uid_t uid = 0;
    gid_t gid = 0;
    std::vector<gid_t> groups;  ///< supplementary
};

PeerCredentials peer_credentials(int socket);

/// A pidfd of the process that connected. Throws Error::unsupported where there is none to be had, Error::system where
/// there is no room for one.
UniqueFd peer_pidfd(int socket, const PeerCredentials& credentials);

}  // namespace ringview::platform
