#pragma once

#include <cstdint>
#include <optional>

#include <ringview/layout/ring_memory.hpp>

namespace ringview::ring {

/// How long ago the oldest message that a subscription has not released was published; 0 where it has released all.
/// Nothing where the ring has no timestamps, or where the message moves on at each of a few looks. Whatever peers
/// write: no time lies ahead of `now_ns` (CLOCK_MONOTONIC), and the look is short.
std::optional<std::uint64_t> observe_lag_ns(const layout::WritableRing<>& ring, unsigned subscription,
                                            std::uint64_t now_ns) noexcept;

}  // namespace ringview::ring
