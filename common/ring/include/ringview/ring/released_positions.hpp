#pragma once

#include <bit>
#include <cstdint>

#include <ringview/layout/position.hpp>

namespace ringview::ring {

/// What a lossless consumer has released above its pos, which stands at something that it still holds: a bit for each
/// position, and one bit for a whole gap of skipped ones, however long.
///
/// Belongs to its consumer.
class ReleasedPositions {
 public:
    /// Positions from pos on, a gap counting as one.
    static constexpr std::uint64_t max_span = 64;

    bool is_empty() const noexcept { return bits_ == 0; }
    bool has_room_for(layout::Position pos, layout::Position position) const noexcept {
        return index_of(pos, position) < max_span;
    }

    /// Where there was room for it.
    void add(layout::Position pos, layout::Position position) noexcept {
        bits_ |= std::uint64_t{1} << index_of(pos, position);
    }

    /// The `count` positions from `first` on; what follows them has room then. False, and nothing changes, where that
    /// cannot be.
    bool add_gap(layout::Position pos, layout::Position first, std::uint64_t count) noexcept {
        const std::uint64_t index = index_of(pos, first);
        const bool is_only_gap = gap_excess_ == 0;
        const std::uint64_t bits = is_only_gap ? 1 : count;
        if (bits >= max_span || index + bits >= max_span) return false;
        if (is_only_gap) {
            gap_begin_ = first;
            gap_excess_ = count - 1;
        }
        bits_ |= ((std::uint64_t{1} << bits) - 1) << index;
        return true;
    }

    /// Forgets those in a row from `pos` on and returns the position behind them: the new pos.
    layout::Position take_lowest(layout::Position pos) noexcept {
        const auto done = static_cast<unsigned>(std::countr_one(bits_));
        bits_ = done < 64 ? bits_ >> done : 0;
        const layout::Position lowest = pos + done;
        if (gap_excess_ == 0 || layout::distance(lowest, gap_begin_) <= 0) return lowest;
        const std::uint64_t excess = gap_excess_;
        gap_excess_ = 0;
        return lowest + excess;
    }

 private:
    std::uint64_t index_of(layout::Position pos, layout::Position position) const noexcept {
        const std::uint64_t index = position - pos;
        return gap_excess_ != 0 && layout::distance(position, gap_begin_) > 0 ? index - gap_excess_ : index;
    }

    std::uint64_t bits_ = 0;
    layout::Position gap_begin_ = 0;
    std::uint64_t gap_excess_ = 0;  ///< positions of the gap but one
};

}  // namespace ringview::ring
