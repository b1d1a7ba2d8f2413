#pragma once

#include <functional>
#include <thread>

namespace ringview::platform {

/// Starts a thread of the library's own in somebody else's program: with every signal blocked, so that the program's
/// handlers run where they always did. `name` (at most 15 characters) is what top and debuggers show. Throws
/// Error::system.
std::thread start_background_thread(const char* name, std::function<void()> body);

}  // namespace ringview::platform
