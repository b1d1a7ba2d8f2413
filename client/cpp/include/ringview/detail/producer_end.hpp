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

    ring::SharedProducerSide<>& several() noexcept { return *std::get_if<1>(&side_); }
    const ring::SharedProducerSide<>& several() const noexcept { return *std::get_if<1>(&side_); }

    Side side_;

 public:
    ProducerEnd(const layout::WritableRing<>& ring, const ring::Barrier& barrier, unsigned line,
                const ring::WaitOptions& waits) noexcept
        : side_(make_side(ring, barrier, line, waits)) {}

    // What is called for each message goes straight to the usual side, and is inlined whatever the compiler thinks:
    // stores leave a processor in order, so those of calls and of handles in memory would take the places of others
    // that wait for a line of the ring.

    [[gnu::always_inline]] Error::Code try_reserve(std::uint64_t most = 1) noexcept {
        if (auto* only = std::get_if<0>(&side_)) [[likely]]
            return only->try_reserve(most);
        return several().try_reserve(most);
    }
    [[gnu::always_inline]] Error::Code reserve(ring::Deadline deadline, std::uint64_t most = 1) noexcept {
        if (auto* only = std::get_if<0>(&side_)) [[likely]]
            return only->reserve(deadline, most);
        return several().reserve(deadline, most);
    }
    [[gnu::always_inline]] std::byte* payload() const noexcept {
        if (const auto* only = std::get_if<0>(&side_)) [[likely]]
            return only->payload();
        return several().payload();
    }
    [[gnu::always_inline]] void publish(std::uint32_t length) noexcept {
        if (auto* only = std::get_if<0>(&side_)) [[likely]]
            return only->publish(length);
        several().publish(length);
    }
    std::uint64_t reserved_count() const noexcept {
        return visit([](auto& side) { return side.reserved_count(); });
    }
    layout::Position position() const noexcept {
        return visit([](auto& side) { return side.position(); });
    }
    std::byte* payload(layout::Position position) const noexcept {
        return visit([position](auto& side) { return side.payload(position); });
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
