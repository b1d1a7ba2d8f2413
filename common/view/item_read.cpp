#include <algorithm>
#include <cstdint>

#include "half_float.hpp"
#include "item_codec.hpp"
#include "scalar_bytes.hpp"

namespace ringview::detail {
namespace {

Value read_signed(const FormatType& type, const std::byte* at) {
    switch (type.size) {
        case 1:
            return load<std::int8_t>(at, type.order);
        case 2:
            return load<std::int16_t>(at, type.order);
        case 4:
            return load<std::int32_t>(at, type.order);
        default:
            return load<std::int64_t>(at, type.order);
    }
}

Value read_unsigned(const FormatType& type, const std::byte* at) {
    switch (type.size) {
        case 1:
            return load<std::uint8_t>(at, type.order);
        case 2:
            return load<std::uint16_t>(at, type.order);
        case 4:
            return load<std::uint32_t>(at, type.order);
        default:
            return load<std::uint64_t>(at, type.order);
    }
}

Value read_floating(const FormatType& type, const std::byte* at) {
    switch (type.size) {
        case 2:
            return half_to_double(load<std::uint16_t>(at, type.order));
        case 4:
            return static_cast<double>(load<float>(at, type.order));
        default:
            return load<double>(at, type.order);
    }
}

Value read_bytes(const std::byte* at, std::size_t size) {
    return std::string(reinterpret_cast<const char*>(at), size);
}

Value read_pascal(const std::byte* at, std::size_t size) {
    // The length byte may promise more than the field holds; struct cuts it off too.
    const std::size_t length = std::min<std::size_t>(std::to_integer<std::size_t>(*at), size - 1);
    return read_bytes(at + 1, length);
}

Value read_record(const FormatType& type, const std::byte* at) {
    Value::Record record;
    record.names.reserve(type.fields.size());
    record.values.reserve(type.fields.size());
    for (const FormatField& field : type.fields) {
        record.names.push_back(field.name);
        record.values.push_back(read_item(field.type, at + field.offset));
    }
    return record;
}

Value read_element(const FormatType& type, const std::byte* at) {
    switch (type.kind) {
        case ElementKind::boolean:
            return *at != std::byte{0};
        case ElementKind::signed_integer:
            return read_signed(type, at);
        case ElementKind::unsigned_integer:
        case ElementKind::pointer:
            return read_unsigned(type, at);
        case ElementKind::floating:
            return read_floating(type, at);
        case ElementKind::character:
        case ElementKind::bytes:
        case ElementKind::raw:
            return read_bytes(at, type.size);
        case ElementKind::pascal:
            return read_pascal(at, type.size);
        case ElementKind::record:
            return read_record(type, at);
    }
    return {};
}

Value read_array(const FormatType& type, std::size_t axis, const std::byte*& at) {
    if (axis == type.sub_shape.size()) {
        Value element = read_element(type, at);
        at += type.size;
        return element;
    }
    Value::List list;
    list.reserve(static_cast<std::size_t>(type.sub_shape[axis]));
    for (std::ptrdiff_t i = 0; i < type.sub_shape[axis]; ++i) list.push_back(read_array(type, axis + 1, at));
    return list;
}

}  // namespace

Value read_item(const FormatType& type, const std::byte* at) {
    return read_array(type, 0, at);
}

}  // namespace ringview::detail
