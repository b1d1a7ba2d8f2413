#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>

#include <ringview/layout/ring_memory.hpp>
#include <ringview/platform/error.hpp>
#include <ringview/ring/evictable_consumer.hpp>
#include <ringview/ring/group_member.hpp>
#include <ringview/ring/lossless_consumer.hpp>
#include <ringview/ring/lossy_consumer.hpp>

namespace ringview::ring {

enum class Overrun {
    never,      ///< lossless: producers wait for this consumer
    evicts_us,  ///< lossless, on a ring with a stall timeout: they wait until the daemon evicts it; what it holds then
                ///< is still never overwritten
    laps_us,    ///< lossy: they do not; it loses what it is too slow for, and what it holds is still never overwritten
};

/// One subscription's consumer: take the next message, read it in place, release it. ORDERING.md explains the edges.
/// There is a kind for each way in which producers treat it, and one for the members of groups; here that costs the
/// lossless one a branch that always goes the same way.
///
/// Belongs to one thread at a time. Error::Code{} (zero) means success throughout.
template <template <class> class Atomic = std::atomic>
class ConsumerSide {
    using Kind =
        std::variant<LosslessConsumer<Atomic>, EvictableConsumer<Atomic>, LossyConsumer<Atomic>, GroupMember<Atomic>>;

    static Kind make_kind(const Admission<Atomic>& admission, Overrun overrun) noexcept {
        switch (overrun) {
            case Overrun::never:
                break;
            case Overrun::evicts_us:
                return EvictableConsumer<Atomic>(admission);
            case Overrun::laps_us:
                return LossyConsumer<Atomic>(admission);
        }
        return LosslessConsumer<Atomic>(admission);
    }

    template <class Self, class Call>
    static auto visit(Self& self, Call&& call) noexcept {
        if (self.kind_.index() == 0) [[likely]]
            return call(known<0>(self));
        if (self.kind_.index() == 1) return call(known<1>(self));
        if (self.kind_.index() == 2) return call(known<2>(self));
        return call(known<3>(self));
    }
    template <std::size_t index, class Self>
    static auto& known(Self& self) noexcept {
        auto* kind = std::get_if<index>(&self.kind_);
        if (kind == nullptr) __builtin_unreachable();
        return *kind;
    }

    /// Of what kind it is, where it is one whose messages are taken and released at once, without a fence, and nobody
    /// wants to be told (become_unusual()).
    enum class Usual : std::uint8_t { no, lossless, lossy };
    static Usual usual_kind(const Barrier& barrier, Overrun overrun) noexcept {
        if (barrier.light_is_full() || overrun == Overrun::evicts_us) return Usual::no;
        return overrun == Overrun::laps_us ? Usual::lossy : Usual::lossless;
    }

    Usual usual_;
    Kind kind_;

 public:
    using Ring = layout::ReadableRing<Atomic>;
    static constexpr std::uint64_t max_held = LosslessConsumer<Atomic>::max_held;

    /// Starts at the position the daemon admitted us at, `lost_at_start` above the one that was wanted. A message
    /// shorter than `min_length` is no message of this ring.
    ConsumerSide(const Ring& ring, const Barrier& barrier, unsigned subscription, layout::Position start,
                 std::uint64_t min_length, Overrun overrun = Overrun::never, std::uint64_t lost_at_start = 0,
                 const WaitOptions& waits = {}) noexcept
        : usual_(usual_kind(barrier, overrun)),
          kind_(make_kind({ring, barrier, subscription, start, lost_at_start, min_length, waits}, overrun)) {}
    /// A member of a group, which the daemon has admitted.
    ConsumerSide(const Admission<Atomic>& admission, unsigned group) noexcept
        : usual_(Usual::no), kind_(std::in_place_type<GroupMember<Atomic>>, admission, group) {}

    // For each message, so the usual kinds go straight to it, and are inlined whatever the compiler thinks.

    /// Error::empty, Error::too_many_held, Error::removed or Error::evicted (only once nothing is left to read), or
    /// Error::corrupt for a message that no honest producer writes; that one is passed over and counted as lost.
    [[gnu::always_inline]] Error::Code try_next(Received& message) noexcept {
        if (usual_ == Usual::lossless) [[likely]]
            return known<0>(*this).try_next(message);
        if (usual_ == Usual::lossy) return known<2>(*this).try_next(message);
        return by_copy(message, [this](Received& taken) {
            return visit(*this, [&](auto& kind) { return kind.try_next(taken); });
        });
    }
    /// Waits for a message until the deadline; then Error::empty.
    [[gnu::always_inline]] Error::Code next(Received& message, Deadline deadline) noexcept {
        Wait wait;
        for (;;) {
            const Error::Code code = try_next(message);
            if (code != Error::empty || !go_on(wait, deadline)) return code;
        }
    }
    [[gnu::noinline]] bool go_on(Wait& wait, Deadline deadline) noexcept {
        return visit(*this, [&](auto& kind) { return kind.go_on(wait, deadline); });
    }
    /// As many as fit into `messages`, which must be one at least, and are ready.
    Error::Code try_next_batch(std::span<Received> messages, std::size_t& count) noexcept {
        return visit(*this, [&](auto& kind) { return kind.try_next_batch(messages, count); });
    }
    Error::Code next_batch(std::span<Received> messages, std::size_t& count, Deadline deadline) noexcept {
        return visit(*this, [&](auto& kind) { return kind.next_batch(messages, count, deadline); });
    }
    /// The newest message; those before it are skipped. Error::unsupported for a member of a group.
    Error::Code try_latest(Received& message) noexcept {
        return visit(*this, [&](auto& kind) { return kind.try_latest(message); });
    }
    Error::Code latest(Received& message, Deadline deadline) noexcept {
        return visit(*this, [&](auto& kind) { return kind.latest(message, deadline); });
    }

    /// `position` must have been handed out and not been released. False, and nothing has happened, where release() is
    /// needed.
    [[gnu::always_inline]] bool release_at_once(layout::Position position) noexcept {
        if (usual_ == Usual::lossless) [[likely]]
            return known<0>(*this).release_at_once(position);
        return usual_ == Usual::lossy && known<2>(*this).release_at_once();
    }
    [[gnu::always_inline]] void release(layout::Position position) noexcept {
        if (release_at_once(position)) [[likely]]
            return;
        visit(*this, [&](auto& kind) { kind.release(position); });
    }
    /// From now on nothing is released at once.
    void become_unusual() noexcept { usual_ = Usual::no; }
    /// `messages` came from one call of try_next_batch() or next_batch(), and none of them has been released.
    void release_batch(std::span<const Received> messages) noexcept {
        visit(*this, [&](auto& kind) { kind.release_batch(messages); });
    }
    bool holds_messages() const noexcept {
        return visit(*this, [](auto& kind) { return kind.holds_messages(); });
    }

    layout::Position next_position() const noexcept {
        return visit(*this, [](auto& kind) { return kind.next_position(); });
    }
    layout::Position pos() const noexcept {
        return visit(*this, [](auto& kind) { return kind.pos(); });
    }
    std::uint64_t lost() const noexcept {
        return visit(*this, [](auto& kind) { return kind.lost(); });
    }
    std::uint64_t stepped_over() const noexcept {
        return visit(*this, [](auto& kind) { return kind.stepped_over(); });
    }
    std::uint64_t skipped() const noexcept {
        return visit(*this, [](auto& kind) { return kind.skipped(); });
    }
    /// Of a member of a group: messages that another member had before it died.
    std::uint64_t redelivered() const noexcept {
        return visit(*this, [](auto& kind) { return kind.redelivered(); });
    }
    std::uint64_t lag() const noexcept {
        return visit(*this, [](auto& kind) { return kind.lag(); });
    }
    unsigned producer_of(layout::Position position) const noexcept {
        return visit(*this, [&](auto& kind) { return kind.producer_of(position); });
    }
    std::int64_t publish_time_ns(layout::Position position) const noexcept {
        return visit(*this, [&](auto& kind) { return kind.publish_time_ns(position); });
    }
    const Ring& ring() const noexcept {
        return *visit(*this, [](auto& kind) { return &kind.ring(); });
    }
    MessageWatch<Atomic> message_watch() const noexcept {
        return visit(*this, [](auto& kind) { return kind.message_watch(); });
    }
    void set_alarm(Alarm* alarm) noexcept {
        visit(*this, [&](auto& kind) { kind.set_alarm(alarm); });
    }
};

}  // namespace ringview::ring
