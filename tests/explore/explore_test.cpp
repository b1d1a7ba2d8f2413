#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <optional>
#include <random>
#include <string>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "exploration.hpp"

/// The ring's own code, in which clients take turns at each access to shared memory, die at any of them, and are looked
/// after by the daemon in between: in orders that follow from seeds.
namespace ringview::explore {
namespace {

std::optional<std::uint64_t> number_from_environment(const char* name) {
    const char* const text = std::getenv(name);
    return text == nullptr ? std::nullopt : std::optional<std::uint64_t>(std::strtoull(text, nullptr, 10));
}

struct Seeds {
    std::uint64_t first = 1;
    std::uint64_t count = RINGVIEW_SEEDS;
    bool is_one_again = false;
};

/// The same in each test run, new ones for the soak, or one that has failed.
Seeds seeds_to_explore() {
    if (const auto seed = number_from_environment("RINGVIEW_SEED")) return {*seed, 1, true};
    if (const auto count = number_from_environment("RINGVIEW_FRESH_SEEDS")) {
        std::random_device random;
        return {std::uint64_t{random()} << 20, *count};
    }
    return {};
}

std::string how_to_repeat(std::uint64_t seed) {
    const auto* const test = testing::UnitTest::GetInstance()->current_test_info();
    return fmt::format("To repeat it and see what happens: RINGVIEW_SEED={} {} --gtest_filter={}.{}", seed,
                       std::filesystem::read_symlink("/proc/self/exe").string(), test->test_suite_name(), test->name());
}

void expect_all_was_met(const Counts& met) {
    std::cout << fmt::format(
        "{} steps, {} positions ({} tombstones), {} deaths, {} recoveries put off, {} evictions, {} returns, "
        "{} redeliveries, {} skipped\n",
        met.steps, met.positions, met.tombstones, met.deaths, met.delayed_recoveries, met.evictions, met.returns,
        met.redeliveries, met.skipped);
    EXPECT_GT(met.tombstones, 0U);
    EXPECT_GT(met.deaths, 0U);
    EXPECT_GT(met.evictions, 0U);
    EXPECT_GT(met.returns, 0U);
    EXPECT_GT(met.redeliveries, 0U);
    EXPECT_GT(met.skipped, 0U);
}

Counts explore(Producers producers, const Seeds& seeds) {
    Counts counts;
    for (std::uint64_t seed = seeds.first; seed != seeds.first + seeds.count; ++seed) {
        const std::string broken = Exploration(producers, seed, seeds.is_one_again, counts).run();
        if (broken.empty()) continue;
        ADD_FAILURE() << "seed " << seed << ": " << broken << '\n' << how_to_repeat(seed);
        break;
    }
    return counts;
}

TEST(RingOfOneProducer, KeepsEveryPromiseWhereverAnyoneStopsOrDies) {
    const Seeds seeds = seeds_to_explore();
    const Counts met = explore(Producers::one, seeds);
    if (!HasFailure() && !seeds.is_one_again) expect_all_was_met(met);
}

TEST(RingOfSeveralProducers, KeepsEveryPromiseWhereverAnyoneStopsOrDies) {
    const Seeds seeds = seeds_to_explore();
    const Counts met = explore(Producers::several, seeds);
    if (HasFailure() || seeds.is_one_again) return;
    expect_all_was_met(met);
    EXPECT_GT(met.delayed_recoveries, 0U);
}

}  // namespace
}  // namespace ringview::explore
