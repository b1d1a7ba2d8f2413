#pragma once

#include <cstdint>

#include <ringview/ring/marking_consumer.hpp>

namespace ringview::ring {

/// The lossless consumer of a ring with a stall timeout: producers wait for it until the daemon evicts it. What it
/// holds then is still never overwritten.
///
/// Belongs to one thread at a time.
template <template <class> class Atomic = std::atomic>
class EvictableConsumer : public MarkingConsumer<EvictableConsumer<Atomic>, Atomic> {
    using Base = MarkingConsumer<EvictableConsumer, Atomic>;

 public:
    using Base::Base;

    /// E10: hold against eviction. What we are about to read is marked as held before our state is looked at: either
    /// the daemon, which looks for marks after it has changed the state, finds it, or we find the state and do not
    /// begin.
    [[gnu::noinline]] Error::Code try_next(Received& message) noexcept {
        for (std::uint64_t i = 0; i <= ring_.geometry().slot_count; ++i) {
            if (!held_.has_room_for(next_)) return why_no_room();
            const auto& slot = slot_.slot();
            if (layout::seq_distance(slot.seq.load(std::memory_order_acquire), layout::seq_of(next_)) < 0) {
                if (this->catch_up_.pause_after_burst(next_)) continue;
                slot_.fetch_second_line();
                return this->nothing_yet();
            }
            held_.hold(next_);
            this->barrier_.light();  // E10
            const bool is_member = may_begin();
            const layout::Seq seq = slot.seq.load(std::memory_order_acquire);  // E1
            const bool is_ours = layout::seq_distance(seq, layout::seq_of(next_)) == 0;
            if (is_member && is_ours && (seq & layout::tombstone_bit) == 0) return this->take(message);
            held_.undo();
            if (!is_member) return Error::evicted;
            if (!is_ours) return this->why_passed_by();
            this->step_over_tombstone();
            this->follow_lowest();
        }
        return this->nothing_yet();
    }

 private:
    template <class, template <class> class>
    friend class MarkingConsumer;
    template <class, template <class> class>
    friend class SequentialReader;
    using Base::held_;
    using Base::next_;
    using Base::ring_;
    using Base::slot_;

    bool may_begin() const noexcept { return !this->is_evicted(); }
    Error::Code why_no_room() const noexcept { return this->is_evicted() ? Error::evicted : Error::too_many_held; }
    void move_pos_to(layout::Position lowest) noexcept { this->move_pos(lowest); }
};

}  // namespace ringview::ring
