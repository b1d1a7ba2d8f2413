#pragma once

#include <optional>
#include <string>

#include <ringview/ringview.hpp>

#include "../payload.hpp"
#include "../transport.hpp"

namespace ringview::bench {

/// The project itself, as a program would use it, with its defaults.
template <Policy policy>
class RingviewWith {
 public:
    static constexpr const char* name = "ringview";

    /// Two rings in the daemon at `socket`, made before the fork.
    class Channel {
     public:
        Channel(const TransportParameters& parameters) : parameters_(parameters) {
            Client client = Client::connect({.socket = parameters.daemon_socket});
            for (const char* ring : {there, back}) {
                client.create(
                    {.name = ring, .shape = {static_cast<std::int64_t>(parameters.bytes)}, .slots = parameters.depth});
            }
        }
        Channel(const Channel&) = delete;
        Channel& operator=(const Channel&) = delete;
        ~Channel() {
            Client client = Client::connect({.socket = parameters_.daemon_socket});
            for (const char* ring : {there, back}) client.remove(ring);
        }
        static constexpr const char* there = "bench/there";
        static constexpr const char* back = "bench/back";

     private:
        TransportParameters parameters_;
    };

    RingviewWith(Channel&, Side side, const TransportParameters& parameters)
        : bytes_(parameters.bytes),
          client_(Client::connect({.socket = parameters.daemon_socket})),
          producer_(client_.producer(side == Side::ours ? Channel::there : Channel::back)),
          consumer_(client_.consumer(side == Side::ours ? Channel::back : Channel::there, {.policy = policy})) {}

    // As measure.hpp has it.
    [[gnu::always_inline]] void send(std::uint64_t number) {
        auto slot = producer_.reserve();
        write_payload(slot.bytes().data(), bytes_, number);
        slot.publish();
    }
    [[gnu::always_inline]] bool try_receive(std::uint64_t number) {
        const auto message = consumer_.try_next();
        if (!message) return false;
        check_payload(message.bytes().data(), bytes_, number);
        return true;
    }
    void receive(std::uint64_t number) {
        const auto message = consumer_.next();
        check_payload(message.bytes().data(), bytes_, number);
    }

 private:
    std::size_t bytes_;
    Client client_;
    Producer<> producer_;
    Consumer<> consumer_;
};

using RingviewRing = RingviewWith<Policy::lossless>;

}  // namespace ringview::bench
