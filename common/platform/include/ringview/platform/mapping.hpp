#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace ringview::platform {

enum class Access { read_only, read_write };

/// Memory mapped from a descriptor, between two inaccessible guard pages: whoever runs off an end faults there instead
/// of writing into the next mapping. A whole number of huge pages begins at a multiple of one. The descriptor may be
/// closed afterwards.
class Mapping {
 public:
    Mapping() noexcept;
    /// Maps the first `bytes` of `fd`, shared. Throws Error::corrupt if the file is shorter: a fault later would be a
    /// SIGBUS with no message.
    Mapping(int fd, std::size_t bytes, Access access);
    /// Maps `bytes` of an ordinary file from `offset` on, of any alignment, without reading them.
    static Mapping of_file(const std::string& path, std::uint64_t offset, std::size_t bytes, Access access);

    Mapping(Mapping&&) noexcept;
    Mapping& operator=(Mapping&&) noexcept;
    ~Mapping();

    /// For Access::read_only memory a write faults, whatever this pointer's type says.
    std::byte* data() const noexcept { return data_; }
    std::size_t size() const noexcept { return size_; }
    std::span<std::byte> bytes() const noexcept { return {data_, size_}; }
    bool is_mapped() const noexcept { return pages_ != nullptr; }

 private:
    class GuardedPages;
    Mapping(int fd, std::uint64_t offset, std::size_t bytes, Access access, const std::string& name);

    std::unique_ptr<GuardedPages> pages_;
    std::byte* data_ = nullptr;
    std::size_t size_ = 0;
};

/// Bytes of the file behind `fd`.
std::uint64_t file_bytes(int fd);

}  // namespace ringview::platform
