#pragma once

#include <chrono>

/// SIGINT, SIGTERM and SIGHUP as a wish to end: what was begun is finished, then the program ends by itself.
namespace ringview::cli {

void catch_stop_signals();
bool is_stop_requested() noexcept;

/// How long a wait may keep a stop request from being seen.
inline constexpr std::chrono::milliseconds stop_poll{100};

}  // namespace ringview::cli
