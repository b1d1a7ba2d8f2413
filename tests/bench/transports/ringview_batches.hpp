#pragma once

#include <ringview/ringview.hpp>

#include "ringview_ring.hpp"

namespace ringview::bench {

/// The project with messages reserved, published and taken in batches.
class RingviewBatches {
 public:
    static constexpr const char* name = "ringview";
    static constexpr std::uint64_t batch = 32;
    using Channel = RingviewRing::Channel;

    RingviewBatches(Channel&, Side side, const TransportParameters& parameters)
        : bytes_(parameters.bytes),
          client_(Client::connect({.socket = parameters.daemon_socket})),
          producer_(client_.producer(side == Side::ours ? Channel::there : Channel::back)),
          consumer_(client_.consumer(side == Side::ours ? Channel::back : Channel::there)) {}

    /// Messages `number` to `end`, not included.
    void send_all(std::uint64_t number, std::uint64_t end) {
        while (number != end) {
            auto slots = producer_.reserve(std::min(batch, end - number));
            for (std::size_t i = 0; i < slots.size(); ++i) {
                write_payload(slots[i].bytes().data(), bytes_, number);
                ++number;
            }
            slots.publish();
        }
    }
    void receive_all(std::uint64_t number, std::uint64_t end) {
        while (number != end) {
            const auto messages = consumer_.try_next(batch);
            if (!messages) platform::relax();
            for (const auto message : messages) check_payload(message.bytes().data(), bytes_, number++);
        }
    }

 private:
    std::size_t bytes_;
    Client client_;
    Producer<> producer_;
    Consumer<> consumer_;
};

}  // namespace ringview::bench
