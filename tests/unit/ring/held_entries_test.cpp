#include <cstdint>

#include <gtest/gtest.h>
#include <ringview/layout/cursors_segment.hpp>
#include <ringview/ring/held_entries.hpp>

namespace ringview::test {
namespace {

TEST(HeldEntries, AnEmptiedEntryIsNotTakenForTheOneThatHoldsThePositionBehindIt) {
    layout::Cursor<std::atomic> cursor{};
    ring::HeldEntries<> held(cursor, 8);
    held.hold(11);
    held.hold(10);  // as a member of a group does that is handed what another had
    held.release(10);
    EXPECT_EQ(held.lowest(20), 11U);
    held.release(11);
    EXPECT_TRUE(held.is_empty());
    for (const auto& word : cursor.held) EXPECT_EQ(word.load(), 0U);
}

TEST(HeldEntries, OneAfterTheOtherEachIsHeldUntilItIsReleased) {
    layout::Cursor<std::atomic> cursor{};
    ring::HeldEntries<> held(cursor, 8);
    for (std::uint64_t position = 5; position < 300; ++position) {
        held.hold(position);
        EXPECT_EQ(held.lowest(300), position);
        std::uint64_t words = 0;
        for (const auto& word : cursor.held) words += word.load();
        EXPECT_EQ(words, ring::held_word(position, 1));
        held.release(position);
        EXPECT_EQ(held.lowest(300), 300U);
    }
}

}  // namespace
}  // namespace ringview::test
