#pragma once

#include <atomic>
#include <cstdint>

namespace ringview::soak {

/// What a process of the soak tells the one that started it, in memory that they share.
struct Report {
    std::atomic<bool> is_attached;        ///< a consumer
    std::atomic<std::uint64_t> messages;  ///< that it has published, or was handed
    std::atomic<bool> is_standing_still;  ///< a consumer, until it is evicted for it
    /// A consumer that was told to come to rest has taken all that there is and released it. What follows is what it
    /// counted, and what the daemon must tell of it.
    std::atomic<bool> is_at_rest;
    std::uint64_t position;
    std::uint64_t lost;
    std::uint64_t skipped;
    std::uint64_t delivered;
    std::uint64_t redelivered;  ///< to a member
};

}  // namespace ringview::soak
