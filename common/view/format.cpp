#include <algorithm>

#include <ringview/view/format.hpp>
#include <ringview/view/view_limits.hpp>

#include "format_parser.hpp"

namespace ringview {
namespace {

std::size_t natural_alignment(const FormatType& type) noexcept {
    switch (type.kind) {
        case ElementKind::record: {
            std::size_t strictest = 1;
            for (const FormatField& field : type.fields) {
                strictest = std::max(strictest, natural_alignment(field.type));
            }
            return strictest;
        }
        case ElementKind::signed_integer:
        case ElementKind::unsigned_integer:
        case ElementKind::floating:
        case ElementKind::pointer:
            return type.size;
        default:
            return 1;
    }
}

bool bitwise_comparable(const FormatType& type) noexcept {
    switch (type.kind) {
        case ElementKind::signed_integer:
        case ElementKind::unsigned_integer:
        case ElementKind::character:
        case ElementKind::bytes:
        case ElementKind::pointer:
        case ElementKind::raw:
            return true;
        case ElementKind::boolean:   // every byte but 0 is true
        case ElementKind::floating:  // two zeros, and NaN
        case ElementKind::pascal:    // bytes beyond the length
            return false;
        case ElementKind::record:
            break;
    }
    std::size_t end = 0;
    for (const FormatField& field : type.fields) {
        if (field.offset != end || !bitwise_comparable(field.type)) return false;
        end += field.type.total_size();
    }
    return end == type.size;
}

bool byte_format(const FormatType& type) noexcept {
    const bool is_byte_kind = type.kind == ElementKind::character || type.kind == ElementKind::signed_integer ||
                              type.kind == ElementKind::unsigned_integer;
    return is_byte_kind && type.size == 1 && type.sub_shape.empty();
}

}  // namespace

std::size_t FormatType::element_count() const noexcept {
    std::size_t count = 1;
    for (const std::ptrdiff_t extent : sub_shape) count *= static_cast<std::size_t>(extent);
    return count;
}

bool operator==(const FormatType& a, const FormatType& b) noexcept {
    return a.kind == b.kind && a.order == b.order && a.size == b.size && a.sub_shape == b.sub_shape &&
           a.fields == b.fields;
}

Format::Format(std::string text, FormatType type)
    : text_(std::move(text)),
      type_(std::move(type)),
      itemsize_(type_.total_size()),
      alignment_(natural_alignment(type_)),
      is_byte_(byte_format(type_)),
      is_bitwise_comparable_(bitwise_comparable(type_)) {}

Format Format::parse(std::string_view text) {
    FormatType type = detail::parse_format(text);
    return Format(std::string(text), std::move(type));
}

std::shared_ptr<const Format> Format::shared(std::string_view text) {
    return std::make_shared<const Format>(parse(text));
}

const Format& Format::bytes() noexcept {
    // Never destroyed: views in other static objects may still point to it. No memory for it ends the program.
    static const Format& format = *new Format("B", FormatType{});  // NOLINT(bugprone-unhandled-exception-at-new)
    return format;
}

}  // namespace ringview
