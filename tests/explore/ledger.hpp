#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include <ringview/layout/position.hpp>

namespace ringview::explore {

enum class Fate : std::uint8_t { none, message, tombstone };

/// What is known of each position of a ring: what became of it, and of what the members of its group had.
class Ledger {
 public:
    explicit Ledger(layout::Position first) : first_(first) {}

    /// Counted from the ring's first, for people to read.
    std::uint64_t number_of(layout::Position position) const noexcept { return position - first_; }

    void settle(layout::Position position, Fate fate) { entry(position).fate = fate; }
    Fate fate_of(layout::Position position) const noexcept { return known(position).fate; }
    /// Of the positions below `end`.
    std::uint64_t count(Fate fate, layout::Position end) const noexcept {
        std::uint64_t count = 0;
        for (layout::Position position = first_; position != end; ++position) count += fate_of(position) == fate;
        return count;
    }

    /// A member was handed it, and not as redelivered. Whether it is the first one.
    bool note_handed_out(layout::Position position) { return !std::exchange(entry(position).is_handed_out, true); }
    /// By a member that is about to release it: it need not come to another.
    void note_done(layout::Position position) { entry(position).is_done = true; }
    bool is_done(layout::Position position) const noexcept { return known(position).is_done; }

 private:
    struct Entry {
        Fate fate = Fate::none;
        bool is_handed_out = false;
        bool is_done = false;
    };

    Entry& entry(layout::Position position) {
        entries_.resize(std::max<std::size_t>(entries_.size(), number_of(position) + 1));
        return entries_[number_of(position)];
    }
    Entry known(layout::Position position) const noexcept {
        return number_of(position) < entries_.size() ? entries_[number_of(position)] : Entry{};
    }

    layout::Position first_;
    std::vector<Entry> entries_;
};

}  // namespace ringview::explore
