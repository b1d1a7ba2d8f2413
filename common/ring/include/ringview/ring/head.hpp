#pragma once

#include <atomic>
#include <cstdint>

#include <ringview/layout/ring_memory.hpp>

/// Where a ring's messages end.
namespace ringview::ring {

/// The next position to be claimed, as of some moment during the call or later: the stored head, or the position behind
/// it where a ring's only producer has published that one and not stored its head yet. Where a ring has one producer,
/// every position below it is published (E6); where it has several, each is claimed. Whatever the words hold, it takes
/// a few looks.
template <class Byte, template <class> class Atomic>
layout::Position find_head(const layout::RingMemory<Byte, Atomic>& ring) noexcept {
    constexpr unsigned most_laps = 3;
    layout::Position head = 0;
    for (unsigned lap = 0; lap < most_laps; ++lap) {
        head = ring.state().head.value.load(std::memory_order_acquire);               // E6: head -> join
        const layout::Seq seq = ring.slot(head).seq.load(std::memory_order_acquire);  // E1: publish -> next
        const std::int64_t ahead = layout::seq_distance(seq, layout::seq_of(head));
        if (ahead < 0) return head;
        if (ahead == 0) return head + 1;
    }
    return head;
}

}  // namespace ringview::ring
