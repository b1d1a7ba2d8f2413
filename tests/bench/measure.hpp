#pragma once

#include <cstdint>
#include <new>
#include <vector>

#include <ringview/platform/clock.hpp>
#include <ringview/platform/cpu.hpp>

#include "statistics.hpp"
#include "transport.hpp"
#include "two_processes.hpp"

/// The two measurements, for any transport.
namespace ringview::bench {

enum class Waiting { spin, sleep };

struct Measured {
    double p50 = 0;  ///< nanoseconds a round trip, or millions of messages a second
    double p99 = 0;  ///< of round trips
};

// Inlined whatever the compiler thinks of a transport's size: a program's own loop has no call either.

template <class Transport>
[[gnu::always_inline]] inline void receive(Transport& transport, std::uint64_t number, Waiting waiting) {
    if (waiting == Waiting::sleep) return transport.receive(number);
    while (!transport.try_receive(number)) platform::relax();
}

/// A message there, one back, each written and read in full as payload.hpp has it.
template <class Transport>
Measured round_trip(const TransportParameters& parameters, const Cpus& cpus, Waiting waiting, std::uint64_t rounds) {
    const std::uint64_t warm_up = rounds / 10;
    const SharedMemory memory(sizeof(Shared));
    auto& shared = *new (memory.data()) Shared;
    typename Transport::Channel channel(parameters);
    std::vector<double> samples;
    samples.reserve(rounds);
    run_two(
        cpus, shared,
        [&] {
            Transport transport(channel, Side::ours, parameters);
            meet(shared);
            for (std::uint64_t i = 1; i <= warm_up + rounds; ++i) {
                const std::int64_t begin = platform::monotonic_ns();
                transport.send(i);
                receive(transport, i, waiting);
                if (i > warm_up) samples.push_back(static_cast<double>(platform::monotonic_ns() - begin));
            }
            meet_again(shared);
        },
        [&] {
            Transport transport(channel, Side::peer, parameters);
            meet(shared);
            for (std::uint64_t i = 1; i <= warm_up + rounds; ++i) {
                receive(transport, i, waiting);
                transport.send(i);
            }
            meet_again(shared);
        });
    return {quantile(samples, 0.5), quantile(samples, 0.99)};
}

/// Messages `number` to `end`, not included.
template <class Transport>
[[gnu::always_inline]] inline void send_all(Transport& transport, std::uint64_t number, std::uint64_t end) {
    if constexpr (requires { transport.send_all(number, end); }) {
        transport.send_all(number, end);
    } else {
        for (; number != end; ++number) transport.send(number);
    }
}
template <class Transport>
[[gnu::always_inline]] inline void receive_all(Transport& transport, std::uint64_t number, std::uint64_t end) {
    if constexpr (requires { transport.receive_all(number, end); }) {
        transport.receive_all(number, end);
    } else {
        for (; number != end; ++number) receive(transport, number, Waiting::spin);
    }
}

/// Messages one way, as fast as they go.
template <class Transport>
Measured throughput(const TransportParameters& parameters, const Cpus& cpus, std::uint64_t messages) {
    const std::uint64_t warm_up = messages / 10;
    const SharedMemory memory(sizeof(Shared));
    auto& shared = *new (memory.data()) Shared;
    typename Transport::Channel channel(parameters);
    std::int64_t begin_ns = 0;
    run_two(
        cpus, shared,
        [&] {
            Transport transport(channel, Side::ours, parameters);
            meet(shared);
            send_all(transport, 1, warm_up + 1);
            begin_ns = platform::monotonic_ns();
            send_all(transport, warm_up + 1, warm_up + messages + 1);
            meet_again(shared);
        },
        [&] {
            Transport transport(channel, Side::peer, parameters);
            meet(shared);
            receive_all(transport, 1, warm_up + messages + 1);
            shared.ended_ns = platform::monotonic_ns();
            meet_again(shared);
        });
    return {static_cast<double>(messages) * 1e3 / static_cast<double>(shared.ended_ns.load() - begin_ns), 0};
}

}  // namespace ringview::bench
