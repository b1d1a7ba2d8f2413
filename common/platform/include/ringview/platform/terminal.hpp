#pragma once

#include <unistd.h>

#include <cstdio>

namespace ringview::platform {

/// Whether a person may be looking at it.
inline bool is_terminal(std::FILE* stream) noexcept {
    return isatty(fileno(stream)) == 1;
}

}  // namespace ringview::platform
