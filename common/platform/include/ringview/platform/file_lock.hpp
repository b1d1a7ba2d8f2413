#pragma once

#include <optional>
#include <string>

#include <ringview/platform/unique_fd.hpp>

namespace ringview::platform {

/// An exclusive lock that the kernel lets go of when its process dies. The file is removed with a clean unlock.
class FileLock {
 public:
    /// Nothing where another process holds it. Throws where the file cannot be opened.
    static std::optional<FileLock> try_acquire(const std::string& path);
    /// The pid in the file: who holds it, or held it last; 0 where unknown.
    static int holder_pid(const std::string& path);

    FileLock(FileLock&&) noexcept = default;
    FileLock& operator=(FileLock&&) noexcept = delete;
    ~FileLock();

 private:
    FileLock(std::string path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}

    std::string path_;
    UniqueFd fd_;
};

}  // namespace ringview::platform
