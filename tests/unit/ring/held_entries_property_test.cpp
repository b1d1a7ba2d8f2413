#include <algorithm>
#include <cstdint>
#include <iterator>
#include <random>
#include <set>

#include <gtest/gtest.h>
#include <ringview/layout/cursors_segment.hpp>
#include <ringview/ring/held_entries.hpp>

/// Random histories of held entries against a set of positions.
namespace ringview::test::held_entries_property_test {
namespace {

constexpr std::uint64_t positions_in_words = std::uint64_t{1} << 48;

class History {
 public:
    History(std::uint64_t seed, std::uint64_t slots, layout::Position base)
        : random_(seed), most_(std::clamp<std::uint64_t>(slots / 2, 1, 64)), base_(base), entries_(cursor_, slots) {}

    void take_step() {
        const std::uint64_t act = below(6);
        if (act < 2) hold_some();
        if (act > 2 && !held_.empty()) release(*std::next(held_.begin(), static_cast<int>(below(held_.size()))));
        check();
    }
    void release_all() {
        while (!held_.empty()) {
            release(*held_.begin());
            check();
        }
        for (const auto& word : cursor_.held) EXPECT_EQ(word.load(), 0U);
    }

 private:
    std::uint64_t below(std::uint64_t limit) { return random_() % limit; }
    layout::Position position(std::uint64_t number) const { return base_ + number; }

    void hold_some() {
        if (below(5) == 0) next_ += 1 + below(3);
        if (below(6) == 0) {  // as a member of a group does that is handed what another had
            const std::uint64_t earlier = next_ - 1 - below(20);
            if (!entries_.spans(position(earlier))) hold(earlier, 1);
        } else {
            hold(next_, 4);
        }
    }

    /// Up to `most` in a row. At times they turn out not to be there.
    void hold(std::uint64_t number, std::uint64_t most) {
        const std::uint64_t room = entries_.room_for(position(number));
        ASSERT_EQ(room != 0, entries_.has_room_for(position(number)));
        ASSERT_TRUE(room != 0 || !entries_.is_empty());
        if (room == 0) return;
        std::uint64_t count = 1;
        if (entries_.is_empty() && below(2) == 0) {
            entries_.hold_only(position(number));
        } else {
            count += below(std::min(room, most));
            entries_.hold(position(number), count);
        }
        if (below(4) == 0) return entries_.undo(count);
        for (std::uint64_t i = 0; i < count; ++i) held_.insert(number + i);
        next_ = std::max(next_, number + count);
    }

    void release(std::uint64_t number) {
        const bool is_only = held_.size() == 1;
        if (below(2) == 0) {
            const bool is_done = entries_.release_only();
            ASSERT_TRUE(is_only || !is_done);
            if (!is_done) entries_.release(position(number));
        } else {
            entries_.release(position(number));
        }
        held_.erase(number);
    }

    void check() const {
        ASSERT_EQ(entries_.is_empty(), held_.empty());
        ASSERT_EQ(entries_.lowest(position(next_)), position(held_.empty() ? next_ : *held_.begin()));
        for (const std::uint64_t number : held_) ASSERT_TRUE(entries_.spans(position(number))) << number;
        check_words();
    }
    /// Each word begins and ends with what is held, they share nothing, and together they span all that is.
    void check_words() const {
        std::uint64_t spanned = 0;
        std::uint64_t held = 0;
        for (const auto& atomic : cursor_.held) {
            const std::uint64_t word = atomic.load();
            const std::uint64_t count = ring::held_count(word);
            if (count == 0) continue;
            const std::uint64_t begin = ((word >> 16) - base_) % positions_in_words;
            ASSERT_TRUE(held_.contains(begin) && held_.contains(begin + count - 1)) << begin << ", " << count;
            held +=
                static_cast<std::uint64_t>(std::distance(held_.lower_bound(begin), held_.lower_bound(begin + count)));
            spanned += count;
        }
        ASSERT_EQ(held, held_.size());
        ASSERT_LE(spanned, most_);
    }

    std::mt19937_64 random_;
    std::uint64_t most_;
    layout::Position base_;
    std::uint64_t next_ = 100;
    std::set<std::uint64_t> held_;  ///< as distances from base_, so that they are in order
    layout::Cursor<std::atomic> cursor_{};
    ring::HeldEntries<> entries_;
};

TEST(HeldEntriesProperty, WordsAndEntriesAreWhatASetOfPositionsWouldBe) {
    for (std::uint64_t seed = 0; seed < 2000; ++seed) {
        const std::uint64_t slots = std::uint64_t{1} << seed % 8;
        for (const layout::Position base : {layout::Position{0}, positions_in_words - 130, layout::Position{0} - 130}) {
            SCOPED_TRACE(testing::Message() << "seed " << seed << ", " << slots << " slots from " << base << " on");
            History history(seed, slots, base);
            for (int step = 0; step < 100 && !testing::Test::HasFailure(); ++step) history.take_step();
            if (!testing::Test::HasFailure()) history.release_all();
            if (testing::Test::HasFailure()) return;
        }
    }
}

}  // namespace
}  // namespace ringview::test::held_entries_property_test
