#pragma once

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <vector>

#include "../payload.hpp"
#include "../transport.hpp"

namespace ringview::bench {

/// A pair of pipes, or a Unix socket pair: two system calls and two copies a message.
template <bool IsSocket>
class ByteStream {
 public:
    static constexpr const char* name = IsSocket ? "unix_socket" : "pipe";

    struct Channel {
        explicit Channel(const TransportParameters&) {
            if constexpr (IsSocket) {
                int pair[2];
                check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
                fds = {pair[0], pair[0], pair[1], pair[1]};
            } else {
                int there[2];
                int back[2];
                check(pipe2(there, O_CLOEXEC));
                check(pipe2(back, O_CLOEXEC));
                fds = {back[0], there[1], there[0], back[1]};
            }
        }
        Channel(const Channel&) = delete;
        Channel& operator=(const Channel&) = delete;
        ~Channel() {
            for (const int fd : fds) close(fd);
        }
        std::array<int, 4> fds{};  ///< in and out of our side, in and out of the peer's
    };

    ByteStream(Channel& channel, Side side, const TransportParameters& p)
        : in_(channel.fds[side == Side::ours ? 0 : 2]),
          out_(channel.fds[side == Side::ours ? 1 : 3]),
          buffer_(p.bytes) {}

    void send(std::uint64_t number) {
        write_payload(buffer_.data(), buffer_.size(), number);
        for (std::size_t done = 0; done < buffer_.size();)
            done += transferred(write(out_, buffer_.data() + done, buffer_.size() - done));
    }
    bool try_receive(std::uint64_t number) {
        pollfd entry{in_, POLLIN, 0};
        if (poll(&entry, 1, 0) != 1) return false;
        receive(number);
        return true;
    }
    void receive(std::uint64_t number) {
        for (std::size_t done = 0; done < buffer_.size();)
            done += transferred(read(in_, buffer_.data() + done, buffer_.size() - done));
        check_payload(buffer_.data(), buffer_.size(), number);
    }

 private:
    static void check(int result) {
        if (result != 0) throw std::system_error(errno, std::generic_category(), name);
    }
    static std::size_t transferred(ssize_t bytes) {
        if (bytes <= 0 && errno != EINTR) throw std::system_error(errno, std::generic_category(), name);
        return bytes > 0 ? static_cast<std::size_t>(bytes) : 0;
    }

    int in_;
    int out_;
    std::vector<std::byte> buffer_;
};

using Pipe = ByteStream<false>;
using UnixSocket = ByteStream<true>;

}  // namespace ringview::bench
