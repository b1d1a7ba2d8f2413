#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <csignal>

#include <gtest/gtest.h>
#include <ringview/platform/anonymous_segment.hpp>
#include <ringview/platform/lost_pages.hpp>

namespace ringview::platform::lost_pages_test {
namespace {

constexpr std::size_t page = 4096;

std::byte& at(const Mapping& mapping, std::size_t offset) {
    return mapping.data()[offset];
}
std::byte read(const Mapping& mapping, std::size_t offset) {
    return *const_cast<const volatile std::byte*>(mapping.data() + offset);
}

struct Segment {
    UniqueFd fd = create_anonymous_segment("lost-pages", 3 * page);
    Mapping mapping{fd.get(), 3 * page, Access::read_write};
};

TEST(LostPages, AreZerosFromThenOnAndCanBeWritten) {
    const Segment segment;
    const LostPages losses(segment.mapping);
    at(segment.mapping, 0) = std::byte{1};
    EXPECT_FALSE(losses.are_lost());
    const unsigned before = LostPages::count();
    ASSERT_EQ(ftruncate(segment.fd.get(), page), 0);
    EXPECT_EQ(read(segment.mapping, 2 * page), std::byte{0});
    EXPECT_TRUE(losses.are_lost());
    EXPECT_EQ(LostPages::count(), before + 1);
    EXPECT_EQ(read(segment.mapping, 0), std::byte{0}) << "no part of it is shared any more";
    at(segment.mapping, 3 * page - 1) = std::byte{2};
    EXPECT_EQ(read(segment.mapping, 3 * page - 1), std::byte{2});
}

TEST(LostPages, OfOneMappingLeaveOthersAsTheyAre) {
    const Segment lost;
    const Segment kept;
    const LostPages of_lost(lost.mapping);
    const LostPages of_kept(kept.mapping);
    at(kept.mapping, 0) = std::byte{3};
    ASSERT_EQ(ftruncate(lost.fd.get(), 0), 0);
    EXPECT_EQ(read(lost.mapping, 0), std::byte{0});
    EXPECT_FALSE(of_kept.are_lost());
    EXPECT_EQ(read(kept.mapping, 0), std::byte{3});
}

TEST(LostPages, AreForgottenWithTheirWatchAndTheNextOneBeginsAnew) {
    {
        const Segment segment;
        const LostPages losses(segment.mapping);
        ASSERT_EQ(ftruncate(segment.fd.get(), 0), 0);
        read(segment.mapping, 0);
        EXPECT_TRUE(losses.are_lost());
    }
    const Segment segment;
    EXPECT_FALSE(LostPages(segment.mapping).are_lost());
}

TEST(LostPagesDeathTest, ThatNobodyWatchesEndTheProcessAsEver) {
    const auto touch_unwatched = [] {
        std::signal(SIGBUS, SIG_DFL);  // a sanitizer has a handler of its own
        const Segment watched;
        const LostPages losses(watched.mapping);
        const Segment segment;
        if (ftruncate(segment.fd.get(), 0) == 0) read(segment.mapping, 0);
    };
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    EXPECT_EXIT(touch_unwatched(), testing::KilledBySignal(SIGBUS), "");
    EXPECT_EXIT((std::signal(SIGBUS, SIG_DFL), LostPages(Segment{}.mapping), std::raise(SIGBUS)),
                testing::KilledBySignal(SIGBUS), "")
        << "sent by somebody";
}

std::atomic<int> handled{0};

TEST(LostPagesDeathTest, LeaveOtherFaultsToTheHandlerThatWasThereBefore) {
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    const auto raise_with_handler = [] {
        std::signal(SIGBUS, [](int) { ++handled; });
        const Segment segment;
        const LostPages losses(segment.mapping);
        std::raise(SIGBUS);
        _exit(handled == 1 ? 0 : 1);
    };
    EXPECT_EXIT(raise_with_handler(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace ringview::platform::lost_pages_test
