#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <utility>

#include "half_float.hpp"
#include "item_codec.hpp"
#include "scalar_bytes.hpp"

namespace ringview::detail {
namespace {

[[noreturn]] void does_not_fit(const FormatType& type, const Value& value) {
    throw ViewError(ViewErrc::value, value.text() + " does not fit a field of code '" + type.code + "' with " +
                                         std::to_string(type.size) + " bytes");
}

[[noreturn]] void wrong_type(const FormatType& type, const Value& value, const char* expected) {
    const std::string code = type.kind == ElementKind::record ? "T{...}" : std::string(1, type.code);
    throw ViewError(ViewErrc::type,
                    "a field of code '" + code + "' takes " + expected + ", not " + value.text().substr(0, 80));
}

template <class T>
void write_integer(const FormatType& type, std::byte* at, const Value& value) {
    const auto write = [&](auto integer) {
        if (!std::in_range<T>(integer)) does_not_fit(type, value);
        store(at, type.order, static_cast<T>(integer));
    };
    const Value::Variant& held = value.variant();
    if (const auto* boolean = std::get_if<bool>(&held)) return write(*boolean ? 1 : 0);
    if (const auto* number = std::get_if<std::int64_t>(&held)) return write(*number);
    if (const auto* number = std::get_if<std::uint64_t>(&held)) return write(*number);
    wrong_type(type, value, "an integer");
}

void write_signed(const FormatType& type, std::byte* at, const Value& value) {
    switch (type.size) {
        case 1:
            return write_integer<std::int8_t>(type, at, value);
        case 2:
            return write_integer<std::int16_t>(type, at, value);
        case 4:
            return write_integer<std::int32_t>(type, at, value);
        default:
            return write_integer<std::int64_t>(type, at, value);
    }
}

void write_unsigned(const FormatType& type, std::byte* at, const Value& value) {
    switch (type.size) {
        case 1:
            return write_integer<std::uint8_t>(type, at, value);
        case 2:
            return write_integer<std::uint16_t>(type, at, value);
        case 4:
            return write_integer<std::uint32_t>(type, at, value);
        default:
            return write_integer<std::uint64_t>(type, at, value);
    }
}

void write_floating(const FormatType& type, std::byte* at, const Value& value) {
    const auto kind = value.variant().index();
    if (kind > 3) wrong_type(type, value, "a number");
    const double number = value.as_double();
    if (type.size == 8) return store(at, type.order, number);
    // Infinite where it is too large, as memoryview does it; with `e` struct is the reference, which refuses.
    if (type.size == 4) return store(at, type.order, static_cast<float>(number));
    const std::uint16_t half = double_to_half(number);
    if ((half & 0x7fff) == 0x7c00 && !std::isinf(number)) does_not_fit(type, value);
    store(at, type.order, half);
}

const std::string& bytes_for(const FormatType& type, const Value& value) {
    if (const auto* bytes = std::get_if<std::string>(&value.variant())) return *bytes;
    wrong_type(type, value, "bytes");
}

/// Cut off or filled up with zeros, as struct does.
void write_bytes(std::byte* at, std::size_t size, const std::string& bytes) {
    const std::size_t used = std::min(bytes.size(), size);
    std::memcpy(at, bytes.data(), used);
    std::memset(at + used, 0, size - used);
}

void write_pascal(const FormatType& type, std::byte* at, const std::string& bytes) {
    constexpr std::size_t longest = 255;
    const std::size_t length = std::min({bytes.size(), type.size - 1, longest});
    write_bytes(at + 1, type.size - 1, bytes.substr(0, length));
    *at = static_cast<std::byte>(length);
}

void write_boolean(const FormatType& type, std::byte* at, const Value& value) {
    // Python takes the truth of anything; here only what has no other meaning.
    if (value.variant().index() > 3) wrong_type(type, value, "a bool or a number");
    *at = value == Value(0) ? std::byte{0} : std::byte{1};
}

void write_unchecked(const FormatType& type, std::byte* at, const Value& value);

void write_record(const FormatType& type, std::byte* at, const Value& value) {
    const Value::Record* record = std::get_if<Value::Record>(&value.variant());
    if (record == nullptr && !std::holds_alternative<Value::List>(value.variant())) {
        wrong_type(type, value, "a record or a list of its fields' values");
    }
    if (value.size() != type.fields.size()) {
        throw ViewError(ViewErrc::value, "a record of " + std::to_string(type.fields.size()) + " fields was given " +
                                             std::to_string(value.size()) + " values; give one each");
    }
    for (std::size_t i = 0; i < type.fields.size(); ++i) {
        const FormatField& field = type.fields[i];
        if (record != nullptr && !record->names[i].empty() && record->names[i] != field.name) {
            throw ViewError(ViewErrc::value, "the record's field '" + field.name + "' was given as '" +
                                                 record->names[i] + "'; give the fields in their order, or a list");
        }
        write_unchecked(field.type, at + field.offset, value[i]);
    }
}

void write_element(const FormatType& type, std::byte* at, const Value& value) {
    switch (type.kind) {
        case ElementKind::boolean:
            return write_boolean(type, at, value);
        case ElementKind::signed_integer:
            return write_signed(type, at, value);
        case ElementKind::unsigned_integer:
        case ElementKind::pointer:
            return write_unsigned(type, at, value);
        case ElementKind::floating:
            return write_floating(type, at, value);
        case ElementKind::character:
            if (bytes_for(type, value).size() != 1) does_not_fit(type, value);
            return write_bytes(at, 1, bytes_for(type, value));
        case ElementKind::bytes:
        case ElementKind::raw:
            return write_bytes(at, type.size, bytes_for(type, value));
        case ElementKind::pascal:
            return write_pascal(type, at, bytes_for(type, value));
        case ElementKind::record:
            return write_record(type, at, value);
    }
}

void write_array(const FormatType& type, std::size_t axis, std::byte*& at, const Value& value) {
    if (axis == type.sub_shape.size()) {
        write_element(type, at, value);
        at += type.size;
        return;
    }
    const auto* list = std::get_if<Value::List>(&value.variant());
    if (list == nullptr) wrong_type(type, value, "a list, since it is a sub-array,");
    if (std::cmp_not_equal(list->size(), type.sub_shape[axis])) {
        throw ViewError(ViewErrc::value, "a sub-array's dimension of " + std::to_string(type.sub_shape[axis]) +
                                             " elements was given " + std::to_string(list->size()) + " values");
    }
    for (const Value& element : *list) write_array(type, axis + 1, at, element);
}

void write_unchecked(const FormatType& type, std::byte* at, const Value& value) {
    write_array(type, 0, at, value);
}

}  // namespace

void write_item(const FormatType& type, std::byte* at, const Value& value) {
    const bool is_simple = type.kind != ElementKind::record && type.sub_shape.empty();
    if (is_simple) return write_unchecked(type, at, value);
    // A copy first, so that a value refused half-way leaves the item as it was.
    std::vector<std::byte> item(at, at + type.total_size());
    write_unchecked(type, item.data(), value);
    std::memcpy(at, item.data(), item.size());
}

}  // namespace ringview::detail
