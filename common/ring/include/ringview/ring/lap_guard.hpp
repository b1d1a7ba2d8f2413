#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include <ringview/layout/ring_memory.hpp>
#include <ringview/ring/barrier.hpp>
#include <ringview/ring/gate.hpp>
#include <ringview/ring/held_entries.hpp>
#include <ringview/ring/wake.hpp>

namespace ringview::ring {

/// How a producer laps lossy consumers without overwriting what they hold (E7). Where one lags a whole ring, floor is
/// raised over a batch of positions, which no consumer begins any more; after a barrier every consumer that began one
/// before has its held entry in sight, and only those entries are looked at again before each slot is reused. Of
/// several producers each has its own barrier and its own list.
///
/// Belongs to its producer.
template <template <class> class Atomic = std::atomic>
class LapGuard {
 public:
    enum class Slot {
        free,
        held,     ///< some lossy consumer reads it: the position gets a tombstone
        unknown,  ///< the barrier could not be had: nobody may be lapped now
    };

    LapGuard(const layout::WritableRing<Atomic>& ring, const Barrier& barrier, layout::Position head) noexcept
        : ring_(ring),
          barrier_(barrier),
          batch_(std::max<std::uint64_t>(1, ring.geometry().slot_count / 8)),
          low_(head - ring.geometry().slot_count),
          // Nothing counts as safe before the first barrier of our own: another producer's list is not ours.
          safe_(low_) {}

    /// Slots of positions below it are no lossy consumer's affair.
    layout::Position low() const noexcept { return low_; }

    /// Looks at the lossy cursors anew. `gate`: positions below it are free as far as lossless consumers go.
    void look_at_cursors(layout::Position gate) noexcept {
        low_ = gate;
        for_each_bit(lossy(), layout::max_subscriptions, [&](unsigned subscription) {
            low_ = layout::earlier(low_, ring_.cursor(subscription).pos.load(std::memory_order_acquire));
        });
    }

    /// Whether the slot of `old`, a position below `gate`, may be written again.
    Slot look_at(layout::Position old, layout::Position gate) noexcept {
        if (layout::distance(old, low_) < 0) return Slot::free;
        look_at_cursors(gate);
        if (layout::distance(old, low_) < 0) return Slot::free;
        if (layout::distance(old, safe_) >= 0 && !raise_floor(layout::earlier(old + batch_, gate)))
            return Slot::unknown;
        return is_held(old) ? Slot::held : Slot::free;
    }

 private:
    /// Of the held words of one subscription.
    struct Listed {
        std::uint8_t subscription;
        std::uint8_t word;
    };

    std::uint64_t lossy() const noexcept { return ring_.state().membership.lossy.load(std::memory_order_acquire); }
    std::uint64_t held(const Listed& listed) const noexcept {
        return ring_.cursor(listed.subscription).held[listed.word].load(std::memory_order_acquire);
    }

    /// E7: hold against reuse.
    [[gnu::noinline]] bool raise_floor(layout::Position target) noexcept {
        auto& floors = ring_.state().floors;
        raise_to(floors.floor, target);
        if (!barrier_.heavy()) return false;
        raise_to(floors.safe_floor, target);
        safe_ = target;
        list_held_entries();
        return true;
    }

    void list_held_entries() noexcept {
        listed_count_ = 0;
        for_each_bit(lossy(), layout::max_subscriptions, [&](unsigned subscription) {
            for (unsigned word = 0; word < layout::held_words; ++word) {
                const Listed entry{static_cast<std::uint8_t>(subscription), static_cast<std::uint8_t>(word)};
                if (held(entry) != 0) listed_[listed_count_++] = entry;
            }
        });
    }

    /// An entry that is empty now is held no more: what its consumer holds in it later lies above floor.
    bool is_held(layout::Position old) noexcept {
        for (std::size_t i = 0; i < listed_count_;) {
            const std::uint64_t word = held(listed_[i]);
            if (word == 0) {
                listed_[i] = listed_[--listed_count_];
                continue;
            }
            if (holds_slot_of(word, old, ring_.geometry().slot_count)) return true;
            ++i;
        }
        return false;
    }

    layout::WritableRing<Atomic> ring_;
    Barrier barrier_;
    std::uint64_t batch_;
    layout::Position low_;   ///< no lossy consumer's pos was below it
    layout::Position safe_;  ///< below it floor has been raised and the entries are listed
    std::size_t listed_count_ = 0;
    std::array<Listed, std::size_t{layout::max_subscriptions} * layout::held_words> listed_{};
};

}  // namespace ringview::ring
