#pragma once

#include <atomic>
#include <cstdint>

#include <ringview/layout/ring_memory.hpp>
#include <ringview/platform/clock.hpp>

namespace ringview::ring {

/// Writes the publish time of slots in a row that are about to be published together: one look at the clock for all of
/// them. Only for rings with timestamps. Out of line: a ring without them must not pay for it.
template <template <class> class Atomic>
[[gnu::noinline]] void store_publish_time(const layout::WritableRing<Atomic>& ring, layout::Position first,
                                          std::uint64_t count) noexcept {
    const auto now_ns = static_cast<std::uint64_t>(platform::monotonic_ns());
    for (std::uint64_t i = 0; i < count; ++i)
        ring.publish_time(first + i).store(now_ns, std::memory_order_release);  // E11: publish time -> stat
}

}  // namespace ringview::ring
