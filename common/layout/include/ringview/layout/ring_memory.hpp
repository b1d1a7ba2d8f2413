#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <ringview/layout/cursors_segment.hpp>
#include <ringview/layout/geometry.hpp>
#include <ringview/layout/slots_segment.hpp>

namespace ringview::layout {

/// Typed access to two mapped segments through a private geometry. `SlotsByte` is `const std::byte` for consumers,
/// whose slots segment is mapped read-only: for them a write to it does not compile, and would fault.
template <class SlotsByte, template <class> class Atomic = std::atomic>
class RingMemory {
    static_assert(std::is_same_v<std::remove_const_t<SlotsByte>, std::byte>);
    template <class T>
    using Slots = std::conditional_t<std::is_const_v<SlotsByte>, const T, T>;

 public:
    /// `geometry` comes from validate() of these same mappings, which must outlive this.
    RingMemory(const Geometry& geometry, SlotsByte* slots, std::byte* cursors) noexcept
        : geometry_(geometry), slots_(slots), cursors_(cursors) {}

    const Geometry& geometry() const noexcept { return geometry_; }

    Slots<RingState<Atomic>>& state() const noexcept { return at<RingState<Atomic>>(ring_state_offset); }
    /// Where it is, those who were attached are to go.
    [[gnu::always_inline]] bool is_removed() const noexcept {
        return state().membership.life.load(std::memory_order_relaxed) != static_cast<std::uint64_t>(RingLife::open);
    }
    Slots<ProducerLine<Atomic>>& producer_line(unsigned line) const noexcept {
        return at<ProducerLine<Atomic>>(producer_lines_offset + line * sizeof(ProducerLine<Atomic>));
    }
    Slots<ProducerRecord<Atomic>>& producer_record(unsigned line) const noexcept {
        return at<ProducerRecord<Atomic>>(producer_records_offset + line * sizeof(ProducerRecord<Atomic>));
    }
    Slots<SubscriptionRecord<Atomic>>& subscription_record(unsigned subscription) const noexcept {
        return at<SubscriptionRecord<Atomic>>(subscription_records_offset +
                                              subscription * sizeof(SubscriptionRecord<Atomic>));
    }
    [[gnu::always_inline]] Slots<SlotHeader<Atomic>>& slot(Position position) const noexcept {
        return at<SlotHeader<Atomic>>(geometry_.slot_offset(position));
    }
    [[gnu::always_inline]] SlotsByte* payload(Position position) const noexcept { return payload_of(slot(position)); }
    /// `slot` is one of this ring's.
    SlotsByte* payload_of(Slots<SlotHeader<Atomic>>& slot) const noexcept {
        return reinterpret_cast<SlotsByte*>(&slot) + geometry_.slot_header_bytes;
    }
    /// `payload` is one of this ring's.
    Slots<SlotHeader<Atomic>>& slot_of(SlotsByte* payload) const noexcept {
        return *reinterpret_cast<Slots<SlotHeader<Atomic>>*>(payload - geometry_.slot_header_bytes);
    }
    /// Where the ring has timestamps; elsewhere this is payload.
    Slots<Atomic<std::uint64_t>>& publish_time(Position position) const noexcept {
        return at<Atomic<std::uint64_t>>(geometry_.slot_offset(position) + timestamp_offset);
    }

    Slots<GroupRecord<Atomic>>& group_record(unsigned group) const noexcept {
        return at<GroupRecord<Atomic>>(group_records_offset + group * sizeof(GroupRecord<Atomic>));
    }
    GroupLine<Atomic>& group_line(unsigned group) const noexcept {
        return cursors_at<GroupLine<Atomic>>(group_lines_offset + group * sizeof(GroupLine<Atomic>));
    }

    Waiters<Atomic>& waiters() const noexcept { return cursors_at<Waiters<Atomic>>(waiters_offset); }
    Cursor<Atomic>& cursor(unsigned subscription) const noexcept {
        return cursors_at<Cursor<Atomic>>(cursors_offset + subscription * sizeof(Cursor<Atomic>));
    }

 private:
    template <class T>
    Slots<T>& at(std::size_t offset) const noexcept {
        return *reinterpret_cast<Slots<T>*>(slots_ + offset);
    }
    template <class T>
    T& cursors_at(std::size_t offset) const noexcept {
        return *reinterpret_cast<T*>(cursors_ + offset);
    }

    Geometry geometry_;
    SlotsByte* slots_;
    std::byte* cursors_;
};

template <template <class> class Atomic = std::atomic>
using WritableRing = RingMemory<std::byte, Atomic>;
template <template <class> class Atomic = std::atomic>
using ReadableRing = RingMemory<const std::byte, Atomic>;

}  // namespace ringview::layout
