#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <ringview/platform/mapping.hpp>
#include <ringview/view/memory_view.hpp>

namespace ringview {

struct MappedFileOptions {
    std::uint64_t offset = 0;              ///< first byte; any alignment
    std::optional<std::uint64_t> bytes{};  ///< how many; by default all to the end of the file
    bool writable = false;
};

/// A piece of an ordinary file as a view. Nothing is read until it is looked at, so a file of any size opens at once.
///
/// The views must not outlive this object. A file that somebody else truncates while it is mapped makes reads of the
/// lost part fault (SIGBUS): map files that nobody shrinks.
class MappedFile {
 public:
    /// Throws Error: the file cannot be opened, or is shorter than asked for.
    explicit MappedFile(const std::string& path, const MappedFileOptions& options = {});

    /// The bytes as items of `format`. Throws ViewError where they are no whole number of items.
    MemoryView view(std::string_view format = "B") const;

    std::uint64_t bytes() const noexcept { return mapping_.size(); }

 private:
    platform::Mapping mapping_;
    bool writable_;
};

}  // namespace ringview
