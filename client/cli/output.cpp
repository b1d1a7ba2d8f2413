#include "output.hpp"

#include <cerrno>
#include <cstdio>

#include <ringview/platform/error.hpp>

#include "stop_request.hpp"

namespace ringview::cli {

void flush_output() {
    const bool is_written = std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
    // A stop request ends a write that waits for a slow reader; that is no failure.
    if (!is_written && !is_stop_requested()) throw Error::from_errno("cannot write the output", errno);
}

}  // namespace ringview::cli
