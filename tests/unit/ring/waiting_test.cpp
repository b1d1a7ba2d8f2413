#include <chrono>

#include <gtest/gtest.h>
#include <ringview/ring/waiting.hpp>

namespace ringview::test {
namespace {

using ring::Deadline;
using namespace std::chrono_literals;

TEST(DeadlineAfter, NoTimeOrLessThanNoneHasPassedAtOnceAndStaysSo) {
    for (const std::chrono::nanoseconds timeout : {0ns, -1ns, std::chrono::nanoseconds::min()}) {
        const Deadline deadline = Deadline::after(timeout);
        const std::int64_t begin_ns = platform::monotonic_ns();
        while (platform::monotonic_ns() == begin_ns) {
        }
        EXPECT_TRUE(deadline.has_passed()) << timeout.count();
        EXPECT_LE(deadline.left(), 0ns) << timeout.count();
    }
}

TEST(DeadlineAfter, AnyTimeTheClockCannotReachIsNever) {
    EXPECT_EQ(Deadline::after(std::chrono::nanoseconds::max()).at_ns, Deadline::never().at_ns);
    EXPECT_EQ(Deadline::never().left(), std::chrono::nanoseconds::max());
    EXPECT_FALSE(Deadline::never().has_passed());
}

}  // namespace
}  // namespace ringview::test
