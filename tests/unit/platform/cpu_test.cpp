#include <sched.h>

#include <thread>

#include <gtest/gtest.h>
#include <ringview/platform/clock.hpp>
#include <ringview/platform/cpu.hpp>

#include "support/error_matcher.hpp"

namespace ringview::platform {
namespace {

using namespace std::chrono_literals;

TEST(Cpu, APinnedThreadMayRunOnThatProcessorAlone) {
    const int cpu = sched_getcpu();
    const int usable_before = usable_cpu_count();
    EXPECT_GE(usable_before, 1);
    std::thread([&] {
        pin_to_cpu(cpu);
        EXPECT_EQ(usable_cpu_count(), 1);
        EXPECT_EQ(sched_getcpu(), cpu);
    }).join();
    EXPECT_EQ(usable_cpu_count(), usable_before);
}

TEST(Cpu, PinningToAProcessorThatIsNotThereIsAnError) {
    EXPECT_THAT([] { pin_to_cpu(CPU_SETSIZE - 1); },
                testing_support::throws_error(Error::system, testing::HasSubstr("processor 1023")));
}

TEST(Cpu, APauseLastsAtLeastAsLongAsAskedFor) {
    for (const auto duration : {0ns, 1ns, 500ns, 50'000ns}) {
        const std::int64_t before_ns = monotonic_ns();
        pause_for(duration);
        EXPECT_GE(monotonic_ns() - before_ns, duration.count());
    }
}

}  // namespace
}  // namespace ringview::platform
