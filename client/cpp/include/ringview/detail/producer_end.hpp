#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>

#include <ringview/layout/ring_memory.hpp>
#include <ringview/platform/error.hpp>
#include <ringview/ring/barrier.hpp>
#include <ringview/ring/producer_side.hpp>
#include <ringview/ring/shared_producer_side.hpp>

namespace ringview::detail {

/// The producer's end of a ring: that of its only producer, or of one of several. The ring says which; here it costs
/// the former a branch that always goes the same way.
class ProducerEnd {
    using Side = std::variant<ring::ProducerSide<>, ring::SharedProducerSide<>>;

    static Side make_side(const layout::WritableRing<>& ring, const ring::Barrier& barrier, unsigned line,
                          const ring::WaitOptions& waits) noexcept {
        if (ring.geometry().producer_limit == 1) return ring::ProducerSide<>(ring, barrier, line, waits);
        return ring::SharedProducerSide<>(ring, barrier, line, waits);
    }

    template <class Call>
    auto visit(Call&& call) noexcept {
        if (auto* only = std::get_if<0>(&side_)) [[likely]]
            return call(*only);
        return call(*std::get_if<1>(&side_));
    }
    template <class Call>
    auto visit(Call&& call) const noexcept {
        if (const auto* only = std::get_if<0>(&side_)) [[likely]]
            return call(*only);
        return call(*std::get_if<1>(&side_));
    }

    /// What the variant says too, where is_usual_ does.
    [[gnu::always_inline]] ring::ProducerSide<>& only() noexcept {
        auto* only = std::get_if<0>(&side_);
        if (only == nullptr) __builtin_unreachable();
        return *only;
    }

    bool is_usual_;
    Side side_;

 public:
    ProducerEnd(const layout::WritableRing<>& ring, const ring::Barrier& barrier, unsigned line,
                const ring::WaitOptions& waits) noexcept
        : is_usual_(false), side_(make_side(ring, barrier, line, waits)) {
        if (const auto* only = std::get_if<0>(&side_)) is_usual_ = only->is_plain();
    }

    // One flag sorts out all that is unusual: several producers, publish times, no membarrier, an orphan. What is left
    // is inlined whatever the compiler thinks: stores leave a processor in order, so those of calls and of handles in
    // memory would take the places of others that wait for a line of the ring.

    /// From now on nothing is done at once.
    void become_unusual() noexcept { is_usual_ = false; }
    /// The payload of the next slot, reserved; or nullptr, and nothing has happened: try_reserve() tells why.
    [[gnu::always_inline]] std::byte* reserve_at_once() noexcept {
        return is_usual_ ? only().reserve_at_once() : nullptr;
    }
    /// False, and nothing has happened, where publish() is needed. `payload` is that of the reserved slot.
    [[gnu::always_inline]] bool publish_at_once(std::byte* payload, std::uint32_t length) noexcept {
        if (!is_usual_) [[unlikely]]
            return false;
        only().publish_plain(payload, length);
        return true;
    }

    Error::Code try_reserve(std::uint64_t most = 1) noexcept {
        return visit([most](auto& side) { return side.try_reserve(most); });
    }
    Error::Code reserve(ring::Deadline deadline, std::uint64_t most = 1) noexcept {
        return visit([=](auto& side) { return side.reserve(deadline, most); });
    }
    std::byte* payload() const noexcept {
        return visit([](auto& side) { return side.payload(); });
    }
    void publish(std::uint32_t length) noexcept {
        visit([length](auto& side) { side.publish(length); });
    }
    std::uint64_t reserved_count() const noexcept {
        return visit([](auto& side) { return side.reserved_count(); });
    }
    layout::Position position() const noexcept {
        return visit([](auto& side) { return side.position(); });
    }
    const layout::WritableRing<>& ring() const noexcept {
        return *visit([](auto& side) { return &side.ring(); });
    }
    void publish_batch(std::span<const std::uint32_t> lengths) noexcept {
        visit([lengths](auto& side) { side.publish_batch(lengths); });
    }
    bool has_reservation() const noexcept {
        return visit([](auto& side) { return side.has_reservation(); });
    }
    void abandon() noexcept {
        visit([](auto& side) { side.abandon(); });
    }
    /// What a forked child does with its parent's reservation: forgets it.
    void disown() noexcept {
        visit([](auto& side) { side.disown(); });
    }
};

}  // namespace ringview::detail
