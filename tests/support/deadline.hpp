#pragma once

#include <chrono>
#include <functional>
#include <string>

/// Waiting for another process: a condition that is polled until a deadline, so generous that only a hang misses it.
namespace ringview::test {

inline constexpr std::chrono::seconds patience{30};

/// Throws std::runtime_error naming `what` when it has not come true in time.
void wait_until(const std::string& what, const std::function<bool()>& is_true,
                std::chrono::milliseconds limit = patience);

}  // namespace ringview::test
