#include <atomic>
#include <thread>

#include <gtest/gtest.h>
#include <ringview/platform/clock.hpp>
#include <ringview/platform/futex.hpp>
#include <ringview/platform/mapping.hpp>
#include <ringview/platform/membarrier.hpp>
#include <ringview/platform/process.hpp>
#include <ringview/platform/shared_memory.hpp>

namespace ringview::platform {
namespace {

using namespace std::chrono_literals;

/// One word in memory that is mapped twice, once read-only.
class Futex : public testing::Test {
 protected:
    Futex() {
        const std::string name = "ringview.test-" + std::to_string(random_u64());
        const UniqueFd fd = create_segment(name, 4096);
        remove_segment(name);
        writable_ = Mapping(fd.get(), 4096, Access::read_write);
        readable_ = Mapping(fd.get(), 4096, Access::read_only);
    }
    std::atomic<std::uint64_t>& word() const {
        return *reinterpret_cast<std::atomic<std::uint64_t>*>(writable_.data());
    }
    const void* read_only_word() const { return readable_.data(); }

    /// Stores the value, and wakes until the sleeper has seen it: a wake-up that comes before the sleep wakes nobody.
    void wake_until(const std::atomic<bool>& awake, const void* address) const {
        while (!awake) {
            futex_wake_all(address);
            std::this_thread::yield();
        }
    }

 private:
    Mapping writable_;
    Mapping readable_;
};

TEST_F(Futex, IsWokenThroughAReadOnlyMapping) {
    std::atomic<bool> awake{false};
    FutexResult result{};
    std::thread sleeper([&] {
        result = futex_wait(read_only_word(), 0, 60s);
        awake = true;
    });
    wake_until(awake, read_only_word());
    sleeper.join();
    EXPECT_EQ(result, FutexResult::woken);
}

TEST_F(Futex, IsWokenThroughAnotherMappingOfTheSameMemory) {
    std::atomic<bool> awake{false};
    FutexResult result{};
    std::thread sleeper([&] {
        result = futex_wait(read_only_word(), 0, 60s);
        awake = true;
    });
    wake_until(awake, &word());
    sleeper.join();
    EXPECT_EQ(result, FutexResult::woken);
}

TEST_F(Futex, DoesNotSleepWhereTheWordHasChanged) {
    word() = 5;
    EXPECT_EQ(futex_wait(read_only_word(), 4, 60s), FutexResult::changed);
    EXPECT_EQ(futex_wait(&word(), 6, 60s), FutexResult::changed);
}

TEST_F(Futex, ComparesTheLowHalfOfTheWord) {
    word() = (std::uint64_t{7} << 32) + 5;
    EXPECT_EQ(futex_wait(read_only_word(), 7, 60s), FutexResult::changed);
    EXPECT_EQ(futex_wait(read_only_word(), 5, 1ms), FutexResult::timed_out);
    word() = std::uint64_t{UINT32_MAX} + 1;  // a counter that has just stepped over 2^32
    EXPECT_EQ(futex_wait(read_only_word(), UINT32_MAX, 60s), FutexResult::changed);
    EXPECT_EQ(futex_wait(read_only_word(), 0, 1ms), FutexResult::timed_out);
}

TEST_F(Futex, SleepsForTheWholeTimeoutAndNotForNone) {
    const std::int64_t before_ns = monotonic_ns();
    EXPECT_EQ(futex_wait(read_only_word(), 0, 20ms), FutexResult::timed_out);
    EXPECT_GE(monotonic_ns() - before_ns, 20'000'000);
    EXPECT_EQ(futex_wait(read_only_word(), 0, 0ns), FutexResult::timed_out);
    EXPECT_EQ(futex_wait(read_only_word(), 0, -1ns), FutexResult::timed_out);
}

TEST(Membarrier, WorksWhereTheKernelSaysSo) {
    if (!has_membarrier()) GTEST_SKIP() << "this kernel or sandbox has no membarrier(GLOBAL_EXPEDITED)";
    EXPECT_TRUE(register_membarrier());
    EXPECT_TRUE(register_membarrier());
    EXPECT_TRUE(membarrier());
}

}  // namespace
}  // namespace ringview::platform
