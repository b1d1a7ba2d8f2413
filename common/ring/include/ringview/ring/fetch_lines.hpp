#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <ringview/layout/ring_memory.hpp>
#include <ringview/platform/cpu.hpp>
#include <ringview/ring/catch_up.hpp>
#include <ringview/ring/slot_walk.hpp>

/// How a producer gets the lines of the free slots that it writes next from whoever has read them last, and a consumer
/// those of the messages that it reads next. Stores leave a
/// processor in order, and there is room in it for those of a few messages only: without asking ahead, lines come a few
/// at a time.
namespace ringview::ring {

/// A small ring's lines are not worth it, and a large slot has enough stores of its own for each line.
template <class Ring>
bool is_worth_fetching(const Ring& ring) noexcept {
    return ring.geometry().slot_count >= burst_slots && SlotWalk<Ring>(ring, 0).has_few_lines();
}

/// So far ahead of each of so many messages in a row: the lines of nearer ones have been asked for with the batch
/// before. No further than the smallest ring in which anything is asked for.
constexpr std::uint64_t fetched_ahead_of(std::size_t messages) noexcept {
    return std::clamp<std::uint64_t>(messages, fetched_ahead, burst_slots);
}
static_assert(fetched_ahead_of(1) == fetched_ahead && fetched_ahead_of(32) == 32);
static_assert(fetched_ahead_of(10'000) == burst_slots,
              "no further than in the smallest ring where anything is fetched");

/// Of a slot that has_few_lines().
template <class Ring>
[[gnu::always_inline]] inline void fetch_to_write(const Ring& ring, layout::Position position) noexcept {
    const auto* slot = reinterpret_cast<const std::byte*>(&ring.slot(position));
    platform::prefetch_to_write(slot);
    platform::prefetch_to_write(slot + ring.geometry().slot_stride - 1);
}

}  // namespace ringview::ring
