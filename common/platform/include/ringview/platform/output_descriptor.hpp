#pragma once

#include <chrono>
#include <climits>
#include <cstddef>
#include <span>
#include <string>

#include <ringview/platform/unique_fd.hpp>

/// Writing to a file, a pipe or a terminal, where a signal may have to end the wait for a slow reader.
namespace ringview::platform {

/// Makes the file, or empties the one that is there. Throws Error.
UniqueFd create_file(const std::string& path);

/// Returns how many bytes were taken: fewer than all, or none, where a signal came meanwhile. Throws Error.
std::size_t write_some(int fd, std::span<const std::byte> bytes);

/// Whether something can be written, waited for at most so long. False also where a signal came meanwhile.
bool wait_until_writable(int fd, std::chrono::milliseconds timeout);

/// Whether `taken_at_once_bytes` are taken without a wait, by somebody.
bool takes_some(int fd) noexcept;

/// What a pipe that is writable takes without a wait.
inline constexpr std::size_t taken_at_once_bytes = PIPE_BUF;

}  // namespace ringview::platform
