#pragma once

#include <vector>

#include <ringview/platform/unique_fd.hpp>

namespace ringview::platform {

/// Closes descriptors that a peer has sent, on a thread that can wait: a socket that lingers, or a file whose file
/// system does not answer, takes as long as the peer likes. Where no thread is to be had they stay open.
void close_in_background(std::vector<UniqueFd> fds) noexcept;

}  // namespace ringview::platform
