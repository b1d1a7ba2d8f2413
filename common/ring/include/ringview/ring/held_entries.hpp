#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

#include <ringview/layout/cursors_segment.hpp>
#include <ringview/layout/position.hpp>

namespace ringview::ring {

/// Positions in a row that a consumer holds, as one word: the low 48 bits of the first in the high 48 bits, how many in
/// the low 16; 0 where there are none. Slots are compared, not positions, so 48 bits are more than enough.
constexpr std::uint64_t held_word(layout::Position first, std::uint64_t count) noexcept {
    return count == 0 ? 0 : first << 16 | count;
}

constexpr std::uint64_t held_count(std::uint64_t word) noexcept {
    return word & 0xFFFF;
}

/// Whether some held position of the word lies in the same slot as `position`. Whoever wrote the word may be hostile:
/// any value has an answer.
constexpr bool holds_slot_of(std::uint64_t word, layout::Position position, std::uint64_t slot_count) noexcept {
    return ((position - (word >> 16)) & (slot_count - 1)) < held_count(word);
}

static_assert(std::bit_width(layout::max_slots) < 48, "a slot is known by the bits of a position that a word keeps");
static_assert(holds_slot_of(held_word(5, 2), 6 + 16, 8) && !holds_slot_of(held_word(5, 2), 7, 8));

/// What a lossy consumer holds, in its own memory and, for producers to respect, in its cursor's held words. Messages
/// in a row share an entry; after a gap the next entry begins. Released in any order, an entry shrinks from both ends;
/// while something in between is released it does not grow where another entry is free, so that what it spans without
/// holding stays as little as can be. That counts too: all entries together never span more than their limit, or a few
/// messages could tie down the whole ring.
///
/// Belongs to its consumer.
template <template <class> class Atomic = std::atomic>
class HeldEntries {
 public:
    /// Of one entry: a bit each.
    static constexpr std::uint64_t max_in_a_row = 64;

    HeldEntries(layout::Cursor<Atomic>& cursor, std::uint64_t slot_count) noexcept
        : words_(cursor.held),
          most_(std::min<std::uint64_t>(max_in_a_row, std::max<std::uint64_t>(1, slot_count / 2))) {}

    bool is_empty() const noexcept { return (lone_ | spanned_) == 0; }

    /// Whether hold(position) may follow. `position` is above all that are held.
    bool has_room_for(layout::Position position) const noexcept {
        if (lone_ != 0) return most_ > 1;
        return spanned_ == 0 || (spanned_ < most_ && (continues_newest(position) || free_entry() != entries_.size()));
    }

    /// How many in a row, from `position` on, hold() may be given.
    std::uint64_t room_for(layout::Position position) const noexcept {
        if (!has_room_for(position)) return 0;
        if (lone_ != 0) return std::min(most_ - 1, continues_lone(position) ? max_in_a_row - 1 : max_in_a_row);
        const std::uint64_t left = most_ - spanned_;
        const Entry& entry = entries_[newest_];
        const bool has_free = free_entry() != entries_.size();
        return std::min(left, continues_newest(position) && (entry.released == 0 || !has_free)
                                  ? max_in_a_row - entry.count
                                  : max_in_a_row);
    }

    /// Whether it is held, or lies between two that are and was released.
    bool spans(layout::Position position) const noexcept {
        if (lone_ != 0) return held_word(position, 1) == lone_;
        return std::any_of(entries_.begin(), entries_.end(),
                           [=](const Entry& e) { return position - e.first < e.count; });
    }

    /// Where there is room for them.
    void hold(layout::Position position, std::uint64_t count = 1) noexcept {
        if (is_empty() && count == 1) return hold_only(position);
        enter_lone(position);
        if (spanned_ == 0) {
            entries_[0] = {position, count, 0};
            newest_ = 0;
            spanned_ = count;
            store(0, std::memory_order_relaxed);
        } else {
            hold_among_others(position, count);
        }
    }
    /// The same for one where nothing is held: what most consumers do, one message after the other.
    [[gnu::always_inline]] void hold_only(layout::Position position) noexcept {
        lone_ = held_word(position, 1);
        words_[0].store(lone_, std::memory_order_relaxed);  // E7: hold against reuse
    }

    /// Takes the last hold() back: there was no message to hold.
    void undo(std::uint64_t count = 1) noexcept {
        if (lone_ != 0) {
            lone_ = 0;
            words_[0].store(0, std::memory_order_relaxed);
        } else {
            entries_[newest_].count -= count;
            spanned_ -= count;
            store(newest_, std::memory_order_relaxed);
        }
    }

    /// `position` is held.
    void release(layout::Position position) noexcept {
        if (!release_only()) release_among_others(position);
    }
    /// The same for one that is held alone; otherwise false, and nothing is done.
    [[gnu::always_inline]] bool release_only() noexcept {
        if (lone_ == 0) return false;
        lone_ = 0;
        words_[0].store(0, std::memory_order_release);  // E7, as below
        return true;
    }

    /// The lowest held position; `next` where none is.
    layout::Position lowest(layout::Position next) const noexcept {
        if (lone_ != 0) return lone_near(next);
        if (spanned_ == 0) return next;
        for (const Entry& entry : entries_) {
            if (entry.count != 0) next = layout::earlier(next, entry.first);
        }
        return next;
    }

 private:
    struct Entry {
        layout::Position first = 0;
        std::uint64_t count = 0;     ///< from the lowest held to the highest
        std::uint64_t released = 0;  ///< bit i: first + i is released already; none where count is 0 or 1

        /// Both ends are held afterwards, or nothing is.
        void shrink() noexcept {
            const auto below = static_cast<std::uint64_t>(std::countr_one(released));
            first += below;
            count -= below;
            released = below < 64 ? released >> below : 0;
            while (count != 0 && (released >> (count - 1) & 1) != 0) released &= ~(std::uint64_t{1} << --count);
        }
    };

    bool continues_lone(layout::Position position) const noexcept { return held_word(position - 1, 1) == lone_; }
    /// The position of the lone one, which is not so far from `position` that a word could not tell.
    layout::Position lone_near(layout::Position position) const noexcept {
        const auto distance = static_cast<std::int64_t>(lone_ - held_word(position, 1)) >> 16;
        return position + static_cast<std::uint64_t>(distance);
    }
    /// Before one at `position` joins it.
    void enter_lone(layout::Position position) noexcept {
        if (lone_ == 0) return;
        entries_[0] = {lone_near(position), 1, 0};
        newest_ = 0;
        spanned_ = 1;
        lone_ = 0;
    }

    [[gnu::noinline]] void hold_among_others(layout::Position position, std::uint64_t count) noexcept {
        if (!continues_newest(position) || entries_[newest_].released != 0) {
            const std::size_t free = free_entry();
            if (free != entries_.size()) {
                newest_ = free;
                entries_[newest_] = {position, 0, 0};
            }
        }
        entries_[newest_].count += count;
        spanned_ += count;
        store(newest_, std::memory_order_relaxed);
    }

    [[gnu::noinline]] void release_among_others(layout::Position position) noexcept {
        const auto index =
            static_cast<std::size_t>(std::find_if(entries_.begin(), entries_.end(),
                                                  [=](const Entry& e) { return position - e.first < e.count; }) -
                                     entries_.begin());
        Entry& entry = entries_[index];
        entry.released |= std::uint64_t{1} << (position - entry.first);
        spanned_ -= entry.count;
        entry.shrink();
        spanned_ += entry.count;
        store(index, std::memory_order_release);  // E7: the consumer's reads are over before the slot is free
    }

    bool continues_newest(layout::Position position) const noexcept {
        const Entry& entry = entries_[newest_];
        return entry.count != 0 && entry.first + entry.count == position && entry.count < max_in_a_row;
    }
    /// The number of entries where there is none.
    std::size_t free_entry() const noexcept {
        const auto free = std::find_if(entries_.begin(), entries_.end(), [](const Entry& e) { return e.count == 0; });
        return static_cast<std::size_t>(free - entries_.begin());
    }

    void store(std::size_t index, std::memory_order order) noexcept {
        words_[index].store(held_word(entries_[index].first, entries_[index].count), order);
    }

    Atomic<std::uint64_t>* words_;
    std::uint64_t most_;
    std::uint64_t lone_ = 0;     ///< the word of one that is held alone and in no entry; else 0
    std::uint64_t spanned_ = 0;  ///< by all entries together
    std::size_t newest_ = 0;
    std::array<Entry, layout::held_words> entries_{};
};

}  // namespace ringview::ring
