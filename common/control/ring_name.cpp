#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

#include <ringview/control/ring_name.hpp>
#include <ringview/control/socket_path.hpp>
#include <ringview/platform/error.hpp>

namespace ringview::control {
namespace {

constexpr std::string_view prefix = "ringview.";
constexpr std::string_view slots_suffix = ".slots";
constexpr std::string_view cursors_suffix = ".cursors";
constexpr char slash_stand_in = '+';

static_assert(prefix.size() + max_instance_bytes + 1 + max_ring_name_bytes + cursors_suffix.size() <=
              max_segment_name_bytes);

bool is_lower_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_ring_character(char c) {
    return is_lower_or_digit(c) || c == '.' || c == '_' || c == '/' || c == '-';
}

bool is_instance_character(char c) {
    return is_lower_or_digit(c) || c == '_' || c == '-';
}

std::string_view suffix_of(SegmentRole role) {
    return role == SegmentRole::slots ? slots_suffix : cursors_suffix;
}

[[noreturn]] void refuse(std::string_view what, std::string_view name, const std::string& rule) {
    constexpr std::size_t shown = 160;
    throw Error(Error::invalid,
                std::string(what) + " \"" + std::string(name.substr(0, shown)) + "\" is not allowed: " + rule);
}

}  // namespace

void check_ring_name(std::string_view name) {
    if (name.empty() || name.size() > max_ring_name_bytes ||
        !std::all_of(name.begin(), name.end(), is_ring_character)) {
        refuse("the ring name", name,
               "it must have 1 to " + std::to_string(max_ring_name_bytes) + " characters of [a-z0-9._/-]");
    }
    for (std::size_t begin = 0; begin <= name.size();) {
        const std::size_t end = std::min(name.find('/', begin), name.size());
        const std::string_view part = name.substr(begin, end - begin);
        if (part.empty() || part == "." || part == "..") {
            refuse("the ring name", name, "the parts between slashes must not be empty, \".\" or \"..\"");
        }
        begin = end + 1;
    }
}

void check_instance(std::string_view instance) {
    if (instance.empty() || instance.size() > max_instance_bytes ||
        !std::all_of(instance.begin(), instance.end(), is_instance_character)) {
        refuse("the instance name", instance,
               "it must have 1 to " + std::to_string(max_instance_bytes) + " characters of [a-z0-9_-]");
    }
}

void check_member_name(std::string_view name, std::string_view what) {
    // One byte in JSON each: `stat` has room for all names of a ring.
    const auto is_plain = [](char c) { return c > 0x20 && c < 0x7f && c != '"' && c != '\\'; };
    if (name.empty() || name.size() > max_member_name_bytes || !std::all_of(name.begin(), name.end(), is_plain)) {
        refuse("the " + std::string(what) + " name", name,
               "it must have 1 to " + std::to_string(max_member_name_bytes) +
                   " printable ASCII characters, no space, no quotation mark and no backslash");
    }
}

std::string segment_prefix(std::string_view instance) {
    return std::string(prefix) + std::string(instance) + ".";
}

std::string segment_name(std::string_view instance, std::string_view ring, SegmentRole role) {
    std::string name = segment_prefix(instance) + std::string(ring) + std::string(suffix_of(role));
    std::replace(name.begin(), name.end(), '/', slash_stand_in);
    return name;
}

std::optional<std::string> ring_of_segment(std::string_view instance, std::string_view segment) {
    const std::string begin = segment_prefix(instance);
    if (!segment.starts_with(begin)) return std::nullopt;
    segment.remove_prefix(begin.size());
    for (const std::string_view suffix : {slots_suffix, cursors_suffix}) {
        if (!segment.ends_with(suffix) || segment.size() == suffix.size()) continue;
        std::string ring(segment.substr(0, segment.size() - suffix.size()));
        std::replace(ring.begin(), ring.end(), slash_stand_in, '/');
        return ring;
    }
    return std::nullopt;
}

std::string instance_of_socket(std::string_view socket_path) {
    if (socket_path == system_socket) return "default";
    // FNV-1a, 64 bits: it must give the same name in every run and every build, which std::hash does not promise.
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char c : socket_path) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    std::array<char, 17> digits{};
    std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(hash));
    return "s" + std::string(digits.data());
}

}  // namespace ringview::control
