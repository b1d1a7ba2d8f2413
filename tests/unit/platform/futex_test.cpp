#include <array>
#include <atomic>
#include <thread>
#include <vector>

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

TEST_F(Futex, WaitForAnyIsWokenByEachOfItsWords) {
    const std::atomic<std::uint64_t> words[3]{};
    for (std::size_t woken = 0; woken < (has_futex_wait_any() ? 3 : 1); ++woken) {
        std::atomic<bool> awake{false};
        FutexResult result{};
        std::thread sleeper([&] {
            result = futex_wait_any(std::array{FutexWord::low_half(&words[0], 0), FutexWord::low_half(&words[1], 0),
                                               FutexWord::low_half(&words[2], 0)},
                                    60s);
            awake = true;
        });
        wake_until(awake, &words[woken]);
        sleeper.join();
        EXPECT_EQ(result, FutexResult::woken);
    }
}

TEST_F(Futex, WaitForAnyIsWokenThroughAnotherMappingOfTheSameMemory) {
    std::atomic<bool> awake{false};
    const std::uint64_t own = 0;
    std::thread sleeper([&] {
        futex_wait_any(std::array{FutexWord::low_half(read_only_word(), 0), FutexWord::low_half(&own, 0)},
                       std::chrono::nanoseconds::max());
        awake = true;
    });
    wake_until(awake, &word());
    sleeper.join();
}

TEST_F(Futex, WaitForAnyDoesNotSleepWhereOneWordHasChanged) {
    if (!has_futex_wait_any()) GTEST_SKIP() << "this kernel, or this sandbox, has no futex_waitv";
    const std::uint64_t same = 7;
    const std::uint32_t half = 9;
    EXPECT_EQ(futex_wait_any(std::array{FutexWord::low_half(&same, 7), FutexWord::whole(&half, 8)}, 60s),
              FutexResult::changed);
    EXPECT_EQ(futex_wait_any(std::array{FutexWord::low_half(&same, 6), FutexWord::whole(&half, 9)}, 60s),
              FutexResult::changed);
    EXPECT_EQ(futex_wait_any(std::array{FutexWord::low_half(&same, 7), FutexWord::whole(&half, 9)}, 1ms),
              FutexResult::timed_out);
    EXPECT_EQ(futex_wait_any(std::array{FutexWord::low_half(&same, 7)}, 0ns), FutexResult::timed_out);
}

TEST_F(Futex, WaitForAnyTakesAsManyWordsAsItSays) {
    if (!has_futex_wait_any()) GTEST_SKIP() << "this kernel, or this sandbox, has no futex_waitv";
    const std::vector<std::uint64_t> values(max_futex_words, 3);
    std::vector<FutexWord> words;
    for (const std::uint64_t& value : values) words.push_back(FutexWord::low_half(&value, 3));
    EXPECT_EQ(futex_wait_any(words, 1ms), FutexResult::timed_out);
    words.back().expected = 4;
    EXPECT_EQ(futex_wait_any(words, 60s), FutexResult::changed);
}

}  // namespace
}  // namespace ringview::platform
