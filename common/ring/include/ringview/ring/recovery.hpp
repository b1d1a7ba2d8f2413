#pragma once

#include <cstdint>

#include <ringview/ring/membership.hpp>

namespace ringview::ring {

struct Recovery {
    bool is_done = true;
    /// Where it is not done: the producer line that intends the same position and is not known to be dead.
    unsigned delayed_by = 0;
};

/// Takes a producer that is gone out of its ring: a position that it had claimed and not published becomes a tombstone
/// (on a ring of one producer nothing does, and the next one goes on where it stopped), whoever waits for what it has
/// published or for the tombstone is woken, and only then its line is free.
///
/// Not done while a producer that may be alive intends the same position: either of them may have claimed it. The line
/// stays in use then, and this is to be called again. `gone`: a bit per line whose producer is known to be gone, this
/// one among them. Reads and writes the segment alone: may be cut short at any point, by whoever, and called again.
Recovery recover_producer(const DaemonRing& ring, unsigned line, std::uint64_t gone) noexcept;

}  // namespace ringview::ring
