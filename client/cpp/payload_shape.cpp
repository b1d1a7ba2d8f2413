#include <array>

#include <ringview/detail/payload_shape.hpp>
#include <ringview/layout/limits.hpp>
#include <ringview/platform/error.hpp>

namespace ringview::detail {
namespace {

static_assert(layout::max_ring_dimensions <= view_limits::inline_ndim, "views of a ring's shape never allocate");

Format parse_format(const std::string& text) {
    try {
        return Format::parse(text);
    } catch (const ViewError& error) {
        throw Error(Error::corrupt, "the ring's format is malformed: " + std::string(error.what()));
    }
}

std::uint64_t checked_row_bytes(const Format& format, std::span<const std::int64_t> shape, bool varies,
                                std::uint64_t capacity) {
    std::uint64_t bytes = format.itemsize();
    for (const std::int64_t extent : shape.subspan(varies ? 1 : 0)) {
        if (extent <= 0 || bytes == 0 || static_cast<std::uint64_t>(extent) > capacity / bytes) {
            throw Error(Error::corrupt,
                        "the ring's shape does not fit into its slots of " + std::to_string(capacity) + " bytes");
        }
        bytes *= static_cast<std::uint64_t>(extent);
    }
    if (bytes == 0 || bytes > capacity) {
        throw Error(Error::corrupt, "an element of the ring has " + std::to_string(bytes) + " bytes, its slots have " +
                                        std::to_string(capacity));
    }
    return bytes;
}

}  // namespace

PayloadShape::PayloadShape(const std::string& format, const std::vector<std::int64_t>& shape, std::uint64_t capacity)
    : format_(parse_format(format)),
      extents_(shape.begin(), shape.end()),
      varies_(!shape.empty() && shape.front() == -1),
      row_bytes_(checked_row_bytes(format_, shape, varies_, capacity)),
      capacity_(capacity),
      full_length_(varies_ ? capacity / row_bytes_ * row_bytes_ : row_bytes_) {}

MemoryView PayloadShape::view(void* data, std::uint64_t length, ViewAccess access) const noexcept {
    std::array<std::ptrdiff_t, layout::max_ring_dimensions> extents{};
    for (std::size_t i = 0; i < extents_.size(); ++i) extents[i] = extents_[i];
    if (varies_) extents[0] = static_cast<std::ptrdiff_t>(length / row_bytes_);
    return MemoryView::borrowed(data, format_, std::span(extents).first(extents_.size()), access);
}

}  // namespace ringview::detail
