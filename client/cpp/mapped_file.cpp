#include <span>

#include <ringview/mapped_file.hpp>
#include <ringview/platform/error.hpp>
#include <ringview/platform/paths.hpp>

namespace ringview {
namespace {

platform::Mapping map(const std::string& path, const MappedFileOptions& options) {
    const std::uint64_t in_file = platform::file_bytes(path);
    if (options.offset > in_file) {
        throw Error(Error::invalid, path + " has " + std::to_string(in_file) + " bytes; byte " +
                                        std::to_string(options.offset) + " is past its end");
    }
    const std::uint64_t bytes = options.bytes.value_or(in_file - options.offset);
    if (bytes > in_file - options.offset) {
        throw Error(Error::invalid, path + " has " + std::to_string(in_file) + " bytes; " + std::to_string(bytes) +
                                        " from byte " + std::to_string(options.offset) + " on were asked for");
    }
    return platform::Mapping::of_file(path, options.offset, static_cast<std::size_t>(bytes),
                                      options.writable ? platform::Access::read_write : platform::Access::read_only);
}

}  // namespace

MappedFile::MappedFile(const std::string& path, const MappedFileOptions& options)
    : mapping_(map(path, options)), writable_(options.writable) {}

MemoryView MappedFile::view(std::string_view format) const {
    const auto parsed = Format::shared(format);
    if (writable_) return MemoryView::of_bytes(mapping_.bytes(), parsed);
    return MemoryView::of_bytes(std::span<const std::byte>(mapping_.bytes()), parsed);
}

}  // namespace ringview
