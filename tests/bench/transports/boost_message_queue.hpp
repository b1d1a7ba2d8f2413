#pragma once

#include <unistd.h>

#include <string>
#include <vector>

#include <boost/interprocess/ipc/message_queue.hpp>
#include <ringview/platform/cpu.hpp>

#include "../payload.hpp"
#include "../transport.hpp"

namespace ringview::bench {

/// boost::interprocess::message_queue: copies in and out under a mutex in the segment.
class BoostMessageQueue {
 public:
    static constexpr const char* name = "boost_message_queue";
    using Queue = boost::interprocess::message_queue;

    struct Channel {
        explicit Channel(const TransportParameters& p)
            : names{"ringview-bench-" + std::to_string(getpid()) + "-a",
                    "ringview-bench-" + std::to_string(getpid()) + "-b"} {
            for (const std::string& queue : names) {
                Queue::remove(queue.c_str());
                Queue made(boost::interprocess::create_only, queue.c_str(), p.depth, p.bytes);
            }
        }
        Channel(const Channel&) = delete;
        Channel& operator=(const Channel&) = delete;
        ~Channel() {
            for (const std::string& queue : names) Queue::remove(queue.c_str());
        }
        std::string names[2];
    };

    BoostMessageQueue(Channel& channel, Side side, const TransportParameters& p)
        : out_(boost::interprocess::open_only, channel.names[side == Side::ours ? 0 : 1].c_str()),
          in_(boost::interprocess::open_only, channel.names[side == Side::ours ? 1 : 0].c_str()),
          buffer_(p.bytes) {}

    void send(std::uint64_t number) {
        write_payload(buffer_.data(), buffer_.size(), number);
        out_.send(buffer_.data(), buffer_.size(), 0);
    }
    bool try_receive(std::uint64_t number) {
        Queue::size_type got = 0;
        unsigned priority = 0;
        if (!in_.try_receive(buffer_.data(), buffer_.size(), got, priority)) return false;
        check_payload(buffer_.data(), buffer_.size(), number);
        return true;
    }
    void receive(std::uint64_t number) {
        Queue::size_type got = 0;
        unsigned priority = 0;
        in_.receive(buffer_.data(), buffer_.size(), got, priority);
        check_payload(buffer_.data(), buffer_.size(), number);
    }

 private:
    Queue out_;
    Queue in_;
    std::vector<std::byte> buffer_;
};

}  // namespace ringview::bench
