#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <ringview/platform/unique_fd.hpp>

namespace ringview::cli {

/// Where `sub` writes messages: a file, or standard output. A stop request ends it where its reader takes nothing any
/// more, which is no failure; otherwise what was begun is finished.
class MessageOutput {
 public:
    /// Empty or `-`: standard output. `is_buffered`: small messages are written together. Throws Error.
    MessageOutput(const std::string& path, bool is_buffered);

    /// False where a stop request ended it. Throws Error.
    bool write(std::span<const std::byte> bytes);
    /// Writes out what is buffered, likewise.
    bool flush();

    bool is_standard_output() const noexcept { return !file_.is_open(); }

 private:
    bool write_out(std::span<const std::byte> bytes);

    platform::UniqueFd file_;
    int fd_;
    std::size_t most_buffered_;
    std::vector<std::byte> buffer_;
};

}  // namespace ringview::cli
