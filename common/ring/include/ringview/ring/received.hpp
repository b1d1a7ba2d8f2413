#pragma once

#include <cstddef>
#include <cstdint>

#include <ringview/layout/position.hpp>

namespace ringview::ring {

/// A message in place.
struct Received {
    const std::byte* payload = nullptr;
    layout::Position position = 0;
    std::uint64_t lost_before = 0;  ///< positions lost between the message before and this one
    std::uint32_t length = 0;
    bool is_redelivered = false;  ///< another member of our group had it before, and is gone
};

}  // namespace ringview::ring
