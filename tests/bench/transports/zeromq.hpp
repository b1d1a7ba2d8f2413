#pragma once

#include <unistd.h>
#include <zmq.h>

#include <array>
#include <stdexcept>
#include <string>
#include <vector>

#include "../payload.hpp"
#include "../transport.hpp"

namespace ringview::bench {

/// ZeroMQ over ipc (a Unix socket): a PAIR each way, its own thread on each side.
class ZeroMq {
 public:
    static constexpr const char* name = "zeromq";

    /// Sockets are made after the fork: a context has threads.
    struct Channel {
        explicit Channel(const TransportParameters&) {
            for (std::size_t way = 0; way < addresses.size(); ++way)
                addresses.at(way) = "ipc://@ringview-bench-" + std::to_string(getpid()) + "-" + std::to_string(way);
        }
        std::array<std::string, 2> addresses;
    };

    ZeroMq(Channel& channel, Side side, const TransportParameters& p)
        : context_(zmq_ctx_new()),
          out_(zmq_socket(context_, ZMQ_PAIR)),
          in_(zmq_socket(context_, ZMQ_PAIR)),
          buffer_(p.bytes) {
        check(zmq_bind(in_, channel.addresses[side == Side::ours ? 1 : 0].c_str()));
        check(zmq_connect(out_, channel.addresses[side == Side::ours ? 0 : 1].c_str()));
    }
    ZeroMq(const ZeroMq&) = delete;
    ZeroMq& operator=(const ZeroMq&) = delete;
    ~ZeroMq() {
        zmq_close(in_);
        zmq_close(out_);
        zmq_ctx_term(context_);
    }

    void send(std::uint64_t number) {
        write_payload(buffer_.data(), buffer_.size(), number);
        check(zmq_send(out_, buffer_.data(), buffer_.size(), 0));
    }
    bool try_receive(std::uint64_t number) { return take(number, ZMQ_DONTWAIT); }
    void receive(std::uint64_t number) { take(number, 0); }

 private:
    bool take(std::uint64_t number, int flags) {
        if (zmq_recv(in_, buffer_.data(), buffer_.size(), flags) < 0) {
            if (zmq_errno() == EAGAIN) return false;
            check(-1);
        }
        check_payload(buffer_.data(), buffer_.size(), number);
        return true;
    }
    static void check(int result) {
        if (result < 0) throw std::runtime_error(std::string("zeromq: ") + zmq_strerror(zmq_errno()));
    }

    void* context_;
    void* out_;
    void* in_;
    std::vector<std::byte> buffer_;
};

}  // namespace ringview::bench
