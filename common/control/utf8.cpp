#include "utf8.hpp"

namespace ringview::control {
namespace {

bool is_continuation(char c) {
    return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

/// Bytes of the well-formed character that `text` begins with (Unicode, table 3-7); 0: none.
std::size_t character_bytes(std::string_view text) {
    const auto first = static_cast<unsigned char>(text[0]);
    if (first < 0x80) return 1;
    const std::size_t bytes = first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
    if (bytes == 0 || bytes > text.size()) return 0;
    for (std::size_t i = 1; i < bytes; ++i) {
        if (!is_continuation(text[i])) return 0;
    }
    const auto second = static_cast<unsigned char>(text[1]);
    const bool is_overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
    const bool is_surrogate = first == 0xED && second >= 0xA0;
    const bool is_too_large = first == 0xF4 && second >= 0x90;
    return is_overlong || is_surrogate || is_too_large ? 0 : bytes;
}

}  // namespace

std::string as_utf8(std::string_view text, std::size_t max_bytes) {
    std::string result;
    while (!text.empty()) {
        const std::size_t bytes = character_bytes(text);
        const std::string_view character = bytes == 0 ? "?" : text.substr(0, bytes);
        if (result.size() + character.size() > max_bytes) break;
        result += character;
        text.remove_prefix(bytes == 0 ? 1 : bytes);
    }
    return result;
}

std::size_t utf8_bytes(std::string_view text) {
    std::size_t well_formed = 0;
    while (well_formed < text.size()) {
        const std::size_t bytes = character_bytes(text.substr(well_formed));
        if (bytes == 0) break;
        well_formed += bytes;
    }
    return well_formed;
}

}  // namespace ringview::control
