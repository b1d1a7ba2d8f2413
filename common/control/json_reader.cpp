#include "json_reader.hpp"

namespace ringview::control {
namespace {

/// Our deepest message is a reply: object, rings, ring, consumers, consumer, value.
constexpr std::size_t max_depth = 8;
constexpr std::size_t max_shown = 80;

std::string shown(const json::value& value) {
    std::string text = json::serialize(value);
    if (text.size() > max_shown) text = text.substr(0, max_shown) + "...";
    return text;
}

}  // namespace

json::value parse_packet(std::string_view packet) {
    json::error_code error;
    json::parse_options options;
    options.max_depth = max_depth;
    json::value value = json::parse({packet.data(), packet.size()}, error, {}, options);
    if (error) throw Error(Error::corrupt, "the packet is not JSON: " + error.message());
    if (!value.is_object()) throw Error(Error::corrupt, "the packet is " + shown(value) + ", expected a JSON object");
    return value;
}

void JsonReader::refuse(std::string_view member, std::string_view expected) const {
    const json::value* value = find(member);
    throw Error(Error::corrupt, path_ + std::string(member) + " must be " + std::string(expected) + ", not " +
                                    (value == nullptr ? std::string("missing") : shown(*value)));
}

const json::value* JsonReader::find(std::string_view member) const {
    return object_.if_contains({member.data(), member.size()});
}

const json::value& JsonReader::require(std::string_view member, std::string_view expected) const {
    const json::value* value = find(member);
    if (value == nullptr) refuse(member, expected);
    return *value;
}

std::string JsonReader::text(std::string_view member) const {
    const json::value& value = require(member, "a string");
    if (!value.is_string()) refuse(member, "a string");
    return {value.get_string().data(), value.get_string().size()};
}

std::string JsonReader::text_or(std::string_view member, std::string_view fallback) const {
    return find(member) == nullptr ? std::string(fallback) : text(member);
}

std::uint64_t JsonReader::number(std::string_view member, std::uint64_t most) const {
    const std::string expected = most == UINT64_MAX ? "a whole number" : "a whole number up to " + std::to_string(most);
    const json::value& value = require(member, expected);
    std::uint64_t number = 0;
    if (value.is_uint64())
        number = value.get_uint64();
    else if (value.is_int64() && value.get_int64() >= 0)
        number = static_cast<std::uint64_t>(value.get_int64());
    else
        refuse(member, expected);
    if (number > most) refuse(member, expected);
    return number;
}

std::uint64_t JsonReader::number_or(std::string_view member, std::uint64_t fallback, std::uint64_t most) const {
    return find(member) == nullptr ? fallback : number(member, most);
}

std::optional<std::uint64_t> JsonReader::number_or_null(std::string_view member, std::uint64_t most) const {
    const json::value* value = find(member);
    if (value == nullptr || value->is_null()) return std::nullopt;
    return number(member, most);
}

std::int64_t JsonReader::signed_number(std::string_view member) const {
    const json::value& value = require(member, "a whole number");
    if (!value.is_int64()) refuse(member, "a whole number");
    return value.get_int64();
}

bool JsonReader::flag(std::string_view member) const {
    const json::value& value = require(member, "true or false");
    if (!value.is_bool()) refuse(member, "true or false");
    return value.get_bool();
}

bool JsonReader::flag_or(std::string_view member, bool fallback) const {
    return find(member) == nullptr ? fallback : flag(member);
}

const json::array* JsonReader::array_or_none(std::string_view member) const {
    const json::value* value = find(member);
    if (value == nullptr) return nullptr;
    if (!value->is_array()) refuse(member, "an array");
    return &value->get_array();
}

std::vector<std::int64_t> JsonReader::numbers_or_none(std::string_view member) const {
    std::vector<std::int64_t> numbers;
    const json::array* array = array_or_none(member);
    if (array == nullptr) return numbers;
    for (const json::value& value : *array) {
        if (!value.is_int64()) refuse(member, "an array of whole numbers");
        numbers.push_back(value.get_int64());
    }
    return numbers;
}

std::vector<std::string> JsonReader::texts_or_none(std::string_view member) const {
    std::vector<std::string> texts;
    const json::array* array = array_or_none(member);
    if (array == nullptr) return texts;
    for (const json::value& value : *array) {
        if (!value.is_string()) refuse(member, "an array of strings");
        texts.emplace_back(value.get_string().data(), value.get_string().size());
    }
    return texts;
}

JsonReader JsonReader::object(std::string_view member) const {
    const json::value& value = require(member, "an object");
    if (!value.is_object()) refuse(member, "an object");
    return {value.get_object(), path_ + std::string(member) + "."};
}

std::vector<JsonReader> JsonReader::objects_or_none(std::string_view member) const {
    std::vector<JsonReader> readers;
    const json::array* array = array_or_none(member);
    if (array == nullptr) return readers;
    for (std::size_t i = 0; i < array->size(); ++i) {
        if (!(*array)[i].is_object()) refuse(member, "an array of objects");
        readers.emplace_back((*array)[i].get_object(), path_ + std::string(member) + "[" + std::to_string(i) + "].");
    }
    return readers;
}

}  // namespace ringview::control
