#pragma once

#include <algorithm>
#include <cstdint>

#include <ringview/layout/limits.hpp>
#include <ringview/ring/held_entries.hpp>

namespace ringview::ring {

/// What a member that is gone has left, in a redelivery word of its cursor: a held word, and in the upper half of its
/// count the group. By the time that a member looks which has stood still, the place may be another group's, and so may
/// what is left there: it is not to be taken.
constexpr std::uint64_t redelivery_word(std::uint64_t held, unsigned group) noexcept {
    const std::uint64_t count = std::min(held_count(held), HeldEntries<>::max_in_a_row);
    return count == 0 ? 0 : held_word(held >> 16, count) | std::uint64_t{group} << 8;
}

/// The held word of it; 0 where nothing of the group is left.
constexpr std::uint64_t left_to(unsigned group, std::uint64_t word) noexcept {
    return (word >> 8 & 0xFF) == group ? held_word(word >> 16, word & 0xFF) : 0;
}

static_assert(HeldEntries<>::max_in_a_row <= 0xFF && layout::max_groups <= 0x100);
static_assert(left_to(7, redelivery_word(held_word(5, 64), 7)) == held_word(5, 64));
static_assert(left_to(6, redelivery_word(held_word(5, 64), 7)) == 0 && left_to(0, 0) == 0);

}  // namespace ringview::ring
