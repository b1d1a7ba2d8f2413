#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

/// A transport is a class with
///   name                                   for the table
///   Channel(parameters)                    made before the fork, gone after it; what both sides share
///   T(Channel&, Side, parameters)          one end, in its own process
///   send(number)                           writes message `number` and hands it over; waits while there is no room
///   try_receive(number)                    true if message `number` was there; checks it
///   receive(number)                        waits for it, asleep where the transport can
/// and, where it can hand over several at once, send_all(number, end) and receive_all(number, end).
/// Numbers begin at 1. Both ends send and receive.
namespace ringview::bench {

enum class Side { ours, peer };

struct TransportParameters {
    std::size_t bytes = 64;
    std::uint64_t depth = 64;  ///< messages that can be under way, a power of two
    std::string daemon_socket{};
};

}  // namespace ringview::bench
