#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <ringview/ring/held_entries.hpp>
#include <ringview/ring/subscription_reader.hpp>

namespace ringview::ring {

/// What the kinds of consumers have in common that mark in their cursors what they hold, before they begin to read it:
/// how many messages that may be, and pos, which follows the lowest of them.
///
/// A kind has besides
///
///     void move_pos_to(layout::Position lowest) noexcept;
///     Error::Code why_no_room() const noexcept;
template <class Kind, template <class> class Atomic>
class MarkingConsumer : public SubscriptionReader<Kind, Atomic> {
    using Base = SubscriptionReader<Kind, Atomic>;

 public:
    explicit MarkingConsumer(const Admission<Atomic>& admission) noexcept
        : Base(admission), held_(*cursor_, ring_.geometry().slot_count) {}

    void release(layout::Position position) noexcept {
        held_.release(position);
        follow_lowest();
    }

    void release_batch(std::span<const Received> messages) noexcept {
        for (const Received& message : messages) release(message.position);
    }

    bool holds_messages() const noexcept { return !held_.is_empty(); }

 protected:
    using Base::cursor_;
    using Base::next_;
    using Base::pos_;
    using Base::ring_;

    std::size_t take_more(std::span<Received> messages) noexcept {
        std::size_t count = 1;
        while (count < messages.size() && this->is_ready() && kind().try_next(messages[count]) == Error::Code{})
            ++count;
        return count;
    }

    Error::Code skip_to(layout::Position position) noexcept {
        if (!held_.has_room_for(position)) return kind().why_no_room();
        this->count_skipped(position - next_);
        this->move_next(position);
        follow_lowest();
        return {};
    }

    void step_over_tombstone() noexcept {
        this->count_stepped_over();
        this->step();
    }

    void follow_lowest() noexcept {
        const layout::Position lowest = held_.lowest(next_);
        if (lowest != pos_) kind().move_pos_to(lowest);
    }

    HeldEntries<Atomic> held_;

 private:
    Kind& kind() noexcept { return static_cast<Kind&>(*this); }
};

}  // namespace ringview::ring
