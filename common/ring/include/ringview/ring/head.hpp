#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include <ringview/layout/ring_memory.hpp>

/// Where a ring's messages end.
namespace ringview::ring {

/// A ring's only producer stores head once in so many positions: a store to a line of its own for every message takes a
/// place among the stores that wait to leave the processor, and those waiting together are what makes the lines of
/// several messages move at once. Never more than a ring, so that what stands published behind head can still be read.
constexpr std::uint64_t head_batch(const layout::Geometry& geometry) noexcept {
    constexpr std::uint64_t positions = 16;
    return geometry.producer_limit > 1 ? 1 : std::min(positions, geometry.slot_count);
}

struct Head {
    layout::Position position = 0;
    std::uint64_t messages = 0;  ///< of the positions behind the stored head, those that are no tombstones
};

/// The next position to be claimed, as of some moment during the call or later: the stored head, and what stands
/// published behind it. Where a ring has one producer, every position below it is published (E6); where it has several,
/// each is claimed. Whatever the words hold, it takes at most head_batch() looks, or a few times as many where the
/// producer laps the ring meanwhile.
template <class Byte, template <class> class Atomic>
Head find_head(const layout::RingMemory<Byte, Atomic>& ring) noexcept {
    constexpr unsigned most_laps = 3;
    const std::uint64_t batch = head_batch(ring.geometry());
    Head head;
    for (unsigned lap = 0; lap < most_laps; ++lap) {
        head = {ring.state().head.value.load(std::memory_order_acquire), 0};  // E6: head -> join
        std::int64_t ahead = 0;
        for (std::uint64_t i = 0; i < batch && ahead == 0; ++i) {
            const layout::Seq seq =
                ring.slot(head.position).seq.load(std::memory_order_acquire);  // E1: publish -> next
            ahead = layout::seq_distance(seq, layout::seq_of(head.position));
            if (ahead != 0) break;
            ++head.position;
            if ((seq & layout::tombstone_bit) == 0) ++head.messages;
        }
        if (ahead <= 0) break;
    }
    return head;
}

}  // namespace ringview::ring
