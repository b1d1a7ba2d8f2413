#include "instructions.hpp"

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <optional>
#include <stdexcept>

#include <fmt/core.h>
#include <ringview/layout/geometry.hpp>
#include <ringview/ring/consumer_side.hpp>
#include <ringview/ring/membership.hpp>
#include <ringview/ring/producer_side.hpp>

#include "ring_bytes.hpp"

namespace ringview::bench {
namespace {

constexpr std::uint64_t slots = 1024;
constexpr std::uint64_t rounds = 64;
constexpr std::uint64_t messages_a_round = 256;

layout::RingParameters parameters() {
    layout::RingParameters p = test::small_ring();
    p.slots = slots;
    p.slot_bytes = 64;
    p.history = slots / 2;
    return p;
}

[[gnu::always_inline]] inline void publish_round(ring::ProducerSide<>& producer) {
    for (std::uint64_t i = 0; i < messages_a_round; ++i) {
        if (producer.reserve(ring::Deadline::never()) != Error::Code{}) throw std::logic_error("the ring is full");
        std::memcpy(producer.payload(), &i, sizeof i);
        producer.publish(64);
    }
}

}  // namespace

/// Not inlined, and with a C name: callgrind collects between their entry and their return.
extern "C" {
[[gnu::noinline]] void ringview_bench_counted_publish(ring::ProducerSide<>& producer) {
    publish_round(producer);
}

[[gnu::noinline]] std::uint64_t ringview_bench_counted_next(ring::ConsumerSide<>& consumer) {
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < messages_a_round; ++i) {
        ring::Received message;
        if (consumer.try_next(message) != Error::Code{}) throw std::logic_error("a message is missing");
        std::uint64_t number = 0;
        std::memcpy(&number, message.payload, sizeof number);
        sum += number;
        consumer.release(message.position);
    }
    return sum;
}
}

int run_to_be_counted(unsigned subscriptions, bool are_lossy) {
    const layout::RingParameters p = parameters();
    const test::RingBytes bytes(p);
    const layout::Geometry geometry = layout::plan_geometry(p);
    const ring::DaemonRing daemon(geometry, bytes.slots().data(), bytes.cursors().data());
    const ring::Barrier barrier(p.asymmetric_barrier);
    ring::open_producer_line(daemon, 0);
    ring::ProducerSide<> producer({geometry, bytes.slots().data(), bytes.cursors().data()}, barrier, 0);
    std::vector<ring::ConsumerSide<>> consumers;
    for (unsigned i = 0; i < subscriptions; ++i) {
        const auto policy = are_lossy ? layout::MemberPolicy::lossy : layout::MemberPolicy::lossless;
        const auto start = ring::join(daemon, i, policy, ring::JoinAt::next);
        consumers.emplace_back(layout::ReadableRing<>{geometry, bytes.slots().data(), bytes.cursors().data()}, barrier,
                               i, start, 0, are_lossy ? ring::Overrun::laps_us : ring::Overrun::never);
    }
    // The producer keeps its distance, or what is counted would be a consumer's pauses.
    for (std::uint64_t ahead = 0; ahead < ring::safe_distance + messages_a_round; ahead += messages_a_round)
        publish_round(producer);
    for (std::uint64_t round = 0; round < rounds; ++round) {
        ringview_bench_counted_publish(producer);
        for (auto& consumer : consumers) ringview_bench_counted_next(consumer);
    }
    return 0;
}

namespace {

/// Of one message.
std::optional<double> count(const std::string& counted, unsigned subscriptions, bool are_lossy = false) {
    const std::string program = std::filesystem::read_symlink("/proc/self/exe");
    const std::string command = fmt::format(
        "valgrind --tool=callgrind --callgrind-out-file=/dev/null "
        "--toggle-collect=ringview_bench_counted_{0} '{1}' --count --subscriptions {2} {3} 2>&1",
        counted, program, subscriptions, are_lossy ? "--lossy" : "");
    FILE* output = popen(command.c_str(), "r");  // NOLINT(cert-env33-c): our own words
    if (output == nullptr) return std::nullopt;
    std::optional<double> instructions;
    char line[512];
    while (std::fgets(line, sizeof line, output) != nullptr) {
        const char* collected = std::strstr(line, "Collected : ");
        unsigned long long number = 0;
        if (collected != nullptr && std::sscanf(collected, "Collected : %llu", &number) == 1)
            instructions = static_cast<double>(number);
    }
    pclose(output);
    if (!instructions) return std::nullopt;
    const double counted_rounds = static_cast<double>(rounds) * (counted == "next" ? subscriptions : 1);
    return *instructions / (counted_rounds * static_cast<double>(messages_a_round));
}

}  // namespace

std::vector<Figure> instruction_figures(const std::string& only) {
    std::vector<Figure> figures;
    std::optional<double> one;
    const auto add = [&](const std::string& case_name, const std::string& counted, unsigned subscriptions,
                         double target, bool are_lossy = false) {
        if (case_name.find(only) == std::string::npos) return true;
        fmt::print(stderr, "{} ...\n", case_name);
        const std::optional<double> instructions = count(counted, subscriptions, are_lossy);
        if (!instructions) return false;
        if (!one) one = counted == "publish" && subscriptions == 1 ? instructions : count("publish", 1);
        Figure f;
        f.bench = "instructions";
        f.case_name = case_name;
        f.unit = "instr";
        f.value = *instructions;
        f.baseline = "publish/1sub";
        f.baseline_value = one.value_or(0);
        f.ratio = f.baseline_value == 0 ? 0 : f.value / f.baseline_value;
        f.target = target;
        figures.push_back(f);
        return true;
    };
    const bool is_counted =
        add("instructions/publish/1sub", "publish", 1, 0) && add("instructions/publish/4subs", "publish", 4, 0) &&
        add("instructions/publish/16subs", "publish", 16, 1.2) &&
        add("instructions/publish/64subs", "publish", 64, 0) && add("instructions/next", "next", 1, 0) &&
        add("instructions/next/lossy", "next", 1, 0, true);
    if (!is_counted) fmt::print(stderr, "instructions are not counted: no valgrind (Debian package: valgrind)\n");
    return figures;
}

}  // namespace ringview::bench
