#pragma once

#include <cstdint>

#include <ringview/layout/position.hpp>

/// What a producer line's intent says: which positions its producer is claiming or has claimed and not yet published.
namespace ringview::ring {

/// The low 48 bits of the first position in the high 48, how many in the low 16; never 0, which stands for none.
constexpr std::uint64_t intent_word(layout::Position first, std::uint64_t count = 1) noexcept {
    return first << 16 | count;
}

/// What the word can tell at most.
inline constexpr std::uint64_t most_intended = 0xFFFF;

struct IntendedRange {
    layout::Position first = 0;
    std::uint64_t count = 0;

    bool contains(layout::Position position) const noexcept { return position - first < count; }
    bool overlaps(const IntendedRange& other) const noexcept {
        return other.first - first < count || first - other.first < other.count;
    }
    /// Whether some of it may be claimed and not published: head comes no farther than a ring's worth beyond what is
    /// not. Its first positions may be published, and lie below that.
    bool may_be_unpublished(layout::Position head, std::uint64_t slot_count) const noexcept {
        return first != head && head - first < slot_count + count;
    }
};

/// A position is intended only once head has reached it, so the bits that the word does not keep are found by `head`,
/// a later one. Whoever wrote the word may be hostile: any value has an answer.
constexpr IntendedRange intended_range(std::uint64_t word, layout::Position head) noexcept {
    const std::uint64_t behind_head = (head - (word >> 16)) & 0xFFFF'FFFF'FFFF;
    return {head - behind_head, word & 0xFFFF};
}

static_assert(intended_range(intent_word(7), 9).first == 7 && intended_range(intent_word(7), 9).count == 1);
static_assert(intended_range(intent_word(~layout::Position{0}), 1).first == ~layout::Position{0});

}  // namespace ringview::ring
