// Any text to the format parser; what it accepts must hold together, print and read back, and its items must be read
// and written within their bytes (the buffers are exactly as large, so AddressSanitizer sees a byte too many).
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string_view>
#include <vector>

#include <ringview/view/memory_view.hpp>

namespace {

using ringview::Format;
using ringview::FormatField;
using ringview::FormatType;
using ringview::MemoryView;

// A sub-array of small elements makes a Value an element; this keeps a run short.
constexpr std::size_t largest_item_read = 4096;

void require(bool condition, const char* what) {
    if (condition) return;
    std::cerr << "violated: " << what << "\n";
    std::abort();
}

void check_type(const FormatType& type) {
    namespace limits = ringview::view_limits;
    require(type.size >= 1 && type.size <= limits::max_itemsize, "an element has 1 to max_itemsize bytes");
    require(type.sub_shape.size() <= limits::max_ndim, "a sub-array has at most max_ndim dimensions");
    require(type.total_size() / type.element_count() == type.size, "sizes do not overflow");
    require(type.total_size() <= limits::max_itemsize, "a sub-array has at most max_itemsize bytes");
    std::size_t end = 0;
    for (const FormatField& field : type.fields) {
        require(field.offset >= end, "fields ascend without overlap");
        end = field.offset + field.type.total_size();
        require(end <= type.size, "fields lie within their record");
        check_type(field.type);
    }
}

void check_items(const Format& format, std::string_view text) {
    std::vector<std::byte> bytes(format.itemsize());
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(text[i % text.size()]);
    const MemoryView view = MemoryView::of_bytes(bytes, Format::borrowed(format));
    const ringview::Scalar item = view.at(0);
    require(!item.text().empty(), "an item has a text");
    view.set({0}, item);
    const ringview::Scalar again = view.at(0);
    // Not the values: a NaN differs from itself.
    require(again.text() == item.text(), "an item written back reads the same");
    require(view.tobytes() == bytes, "tobytes gives the bytes");
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    try {
        const Format format = Format::parse(text);
        check_type(format.type());
        require(format.itemsize() == format.type().total_size(), "the itemsize is the type's");
        require(Format::parse(format.text()) == format, "its text reads back as the same layout");
        require(!format.describe().empty(), "a format can be described");
        if (format.canonical().size() <= ringview::view_limits::max_format_length) {
            const Format canonical = Format::parse(format.canonical());
            require(canonical == format, "its canonical text reads back as the same layout");
            require(canonical.canonical() == format.canonical(), "canonical text is stable");
        }
        if (format.itemsize() <= largest_item_read) check_items(format, text);
    } catch (const ringview::ViewError& error) {
        require(error.kind() == ringview::ViewErrc::format, "text is refused as a format");
    }
    return 0;
}
