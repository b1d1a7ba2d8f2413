/// Processes of every role join a few rings, leave, are stopped and killed, at random, while each checks all that it
/// sees. After each round the daemon must have forgotten all of them. Then one daemon ends under its clients.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <random>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <ringview/platform/clock.hpp>

#include "chance.hpp"
#include "round.hpp"

namespace ringview::soak {
namespace {

using namespace std::chrono_literals;

void print(const Tally& t) {
    fmt::print("{} processes: {} killed, {} evicted, {} not admitted\n", t.started, t.killed, t.evicted,
               t.not_admitted);
    fmt::print("{} messages, {} redelivered in groups\n", t.published, t.redelivered);
    fmt::print(
        "durable subscriptions: {} lives, {} positions taken up again, {} given up, {} in use when asked to be\n",
        t.lives, t.resumed_again, t.given_up, t.not_given_up);
    fmt::print("{} consumers compared with stat; {} daemons ended under their clients\n", t.compared, t.daemons_ended);
}

void run(std::chrono::milliseconds duration, std::uint64_t seed) {
    constexpr std::chrono::milliseconds longest_round = 10s;
    Tally tally;
    const std::int64_t end_ns = platform::monotonic_ns() + std::chrono::nanoseconds(duration).count();
    for (std::uint64_t round = 0;; ++round) {
        const std::chrono::nanoseconds left{end_ns - platform::monotonic_ns()};
        if (left < 100ms) break;
        fmt::print("round {} (--seed {})\n", round, seed);
        std::fflush(stdout);
        run_round(seed, std::min(longest_round, std::chrono::duration_cast<std::chrono::milliseconds>(left)), tally);
        run_daemon_death(seed, tally);
        seed = Random(seed)();
    }
    print(tally);
}

}  // namespace
}  // namespace ringview::soak

int main(int argc, char** argv) {
    CLI::App app{"Processes that join rings, leave, are stopped and killed at random, each checking all that it sees.",
                 "ringview_soak"};
    double minutes = 1;
    std::uint64_t seed = std::random_device{}();
    app.add_option("--minutes", minutes, "how long")->capture_default_str();
    app.add_option("--seed", seed, "of the first round; what processes do follows from it, when they do it does not");
    CLI11_PARSE(app, argc, argv);
    try {
        ringview::soak::run(std::chrono::milliseconds(static_cast<std::int64_t>(minutes * 60'000)), seed);
        return 0;
    } catch (const std::exception& error) {
        fmt::print(stderr, "soak: {}\n", error.what());
        return 1;
    }
}
