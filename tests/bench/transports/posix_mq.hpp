#pragma once

#include <fcntl.h>
#include <mqueue.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <system_error>
#include <vector>

#include "../payload.hpp"
#include "../transport.hpp"

namespace ringview::bench {

/// POSIX message queues: a system call and a copy on each side. The kernel lets a queue without privileges have 10
/// messages.
class PosixMq {
 public:
    static constexpr const char* name = "posix_mq";

    struct Channel {
        explicit Channel(const TransportParameters& p)
            : names{"/ringview-bench-" + std::to_string(getpid()) + "-a",
                    "/ringview-bench-" + std::to_string(getpid()) + "-b"} {
            constexpr std::uint64_t most_messages = 10;
            for (std::size_t i = 0; i < names.size(); ++i) {
                mq_attr attributes{};
                attributes.mq_maxmsg = static_cast<long>(std::min(p.depth, most_messages));
                attributes.mq_msgsize = static_cast<long>(p.bytes);
                queues[i] = mq_open(names[i].c_str(), O_CREAT | O_EXCL | O_RDWR, 0600, &attributes);
                if (queues[i] == -1) throw std::system_error(errno, std::generic_category(), name);
            }
        }
        Channel(const Channel&) = delete;
        Channel& operator=(const Channel&) = delete;
        ~Channel() {
            for (std::size_t i = 0; i < names.size(); ++i) {
                mq_close(queues[i]);
                mq_unlink(names[i].c_str());
            }
        }
        std::array<std::string, 2> names;
        std::array<mqd_t, 2> queues{};
    };

    PosixMq(Channel& channel, Side side, const TransportParameters& p)
        : out_(channel.queues[side == Side::ours ? 0 : 1]),
          in_(channel.queues[side == Side::ours ? 1 : 0]),
          buffer_(p.bytes) {}

    void send(std::uint64_t number) {
        write_payload(buffer_.data(), buffer_.size(), number);
        check(mq_send(out_, reinterpret_cast<const char*>(buffer_.data()), buffer_.size(), 0));
    }
    bool try_receive(std::uint64_t number) {
        const timespec past{};
        if (mq_timedreceive(in_, reinterpret_cast<char*>(buffer_.data()), buffer_.size(), nullptr, &past) < 0) {
            if (errno == ETIMEDOUT) return false;
            check(-1);
        }
        check_payload(buffer_.data(), buffer_.size(), number);
        return true;
    }
    void receive(std::uint64_t number) {
        check(mq_receive(in_, reinterpret_cast<char*>(buffer_.data()), buffer_.size(), nullptr));
        check_payload(buffer_.data(), buffer_.size(), number);
    }

 private:
    static void check(ssize_t result) {
        if (result < 0) throw std::system_error(errno, std::generic_category(), name);
    }

    mqd_t out_;
    mqd_t in_;
    std::vector<std::byte> buffer_;
};

}  // namespace ringview::bench
