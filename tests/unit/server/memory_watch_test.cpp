#include "memory_watch.hpp"

#include <gtest/gtest.h>

namespace ringview::server {
namespace {

using namespace std::chrono_literals;
using Duration = MemoryWatch::Clock::duration;

/// A daemon whose looks take as long as the test says.
class MemoryWatchTest : public testing::Test {
 protected:
    /// Whether it looked, rather than told again what it had seen.
    bool looks() {
        const int before = looks_;
        watch_.look();
        return looks_ != before;
    }
    void wait(Duration time) { now_ += time; }
    void set_cost(Duration cost) { cost_ = cost; }
    MemoryWatch& watch() { return watch_; }
    MemoryWatch::Clock::time_point now() const { return now_; }
    /// Of `time`, how much goes into looks where somebody asks every millisecond.
    Duration spent_in(Duration time, bool has_news) {
        const auto begin = now_;
        const int before = looks_;
        while (now_ - begin < time) {
            if (has_news) watch_.expect_news();
            watch_.look();
            wait(1ms);
        }
        return (looks_ - before) * cost_;
    }

 private:
    MemoryWatch::Clock::time_point now_{1h};
    Duration cost_{10ms};
    int looks_ = 0;
    MemoryWatch watch_{[this] { return now_; },
                       [this] {
                           ++looks_;
                           now_ += cost_;
                           return platform::ProcessPages{};
                       }};
};

TEST_F(MemoryWatchTest, LooksEachTimeForWhoeverAsksNowAndThen) {
    for (int i = 0; i < 100; ++i) {
        EXPECT_TRUE(looks()) << i;
        wait(200ms);
    }
}

TEST_F(MemoryWatchTest, SpendsATwentiethOfTheTimeOnWhoeverAsksAllTheTime) {
    EXPECT_LE(spent_in(100s, false), 100s / MemoryWatch::share + MemoryWatch::most_saved);
}

TEST_F(MemoryWatchTest, SpendsNoMoreWhereRingsAreMadeAllTheTime) {
    EXPECT_LE(spent_in(100s, true), 100s / MemoryWatch::share + MemoryWatch::most_saved + 10ms);
    set_cost(3s);
    EXPECT_LE(spent_in(1000s, true), 1000s / MemoryWatch::share + MemoryWatch::most_saved + 3s);
}

TEST_F(MemoryWatchTest, LooksForWhatIsNewAlsoWhereSomebodyAsksAllTheTime) {
    spent_in(10s, false);
    EXPECT_FALSE(looks());
    watch().expect_news();
    EXPECT_TRUE(looks());
    EXPECT_FALSE(looks()) << "and once";
}

TEST_F(MemoryWatchTest, TellsWhenItLooked) {
    const auto begin = now();
    EXPECT_EQ(watch().look().at, begin) << "not the end: what came meanwhile may be missing";
    set_cost(5s);
    wait(10s);
    const auto last = now();
    EXPECT_EQ(watch().look().at, last);
    EXPECT_EQ(watch().look().at, last) << "told again";
}

}  // namespace
}  // namespace ringview::server
