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

/// For what is not inlined: `call` fills a message of its own in, so that the caller's, whose address nobody else gets,
/// can stay in registers.
template <class Call>
[[gnu::always_inline]] inline auto by_copy(Received& message, const Call& call) noexcept {
    Received taken;
    const auto code = call(taken);
    message = taken;
    return code;
}

}  // namespace ringview::ring
