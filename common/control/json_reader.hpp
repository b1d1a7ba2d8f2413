#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>
#include <ringview/platform/error.hpp>

namespace ringview::control {

namespace json = boost::json;

/// Members of one JSON object, each of a type and within bounds, or an error that names it. `path` is what errors call
/// it.
class JsonReader {
 public:
    JsonReader(const json::object& object, std::string path) : object_(object), path_(std::move(path)) {}

    bool has(std::string_view member) const { return object_.contains(member); }
    std::string text(std::string_view member) const;
    std::string text_or(std::string_view member, std::string_view fallback) const;
    std::uint64_t number(std::string_view member, std::uint64_t most = UINT64_MAX) const;
    std::uint64_t number_or(std::string_view member, std::uint64_t fallback, std::uint64_t most = UINT64_MAX) const;
    /// Nothing where it is null or left out.
    std::optional<std::uint64_t> number_or_null(std::string_view member, std::uint64_t most = UINT64_MAX) const;
    std::int64_t signed_number(std::string_view member) const;
    bool flag(std::string_view member) const;
    bool flag_or(std::string_view member, bool fallback) const;
    std::vector<std::int64_t> numbers_or_none(std::string_view member) const;
    std::vector<std::string> texts_or_none(std::string_view member) const;
    JsonReader object(std::string_view member) const;
    std::vector<JsonReader> objects_or_none(std::string_view member) const;

    [[noreturn]] void refuse(std::string_view member, std::string_view expected) const;

 private:
    const json::value* find(std::string_view member) const;
    const json::value& require(std::string_view member, std::string_view expected) const;
    const json::array* array_or_none(std::string_view member) const;

    const json::object& object_;
    std::string path_;
};

/// Parses one packet: an object, no deeper than our messages are, in valid UTF-8. Throws Error::corrupt.
json::value parse_packet(std::string_view packet);

}  // namespace ringview::control
