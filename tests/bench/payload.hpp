#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <stdexcept>

/// What the messages hold: numbers that follow from the message's own, so that a wrong, torn or reordered one is seen.
/// Of a large payload the first and the last line are written and read.
namespace ringview::bench {

inline constexpr std::size_t line_words = 8;

using Word = std::uint64_t __attribute__((may_alias, aligned(8)));

inline void write_line(void* line, std::uint64_t number) noexcept {
    auto* words = static_cast<Word*>(line);
    for (std::size_t i = 0; i < line_words; ++i) words[i] = number + i;
}

inline bool is_line(const void* line, std::uint64_t number) noexcept {
    const auto* words = static_cast<const Word*>(line);
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < line_words; ++i) sum += words[i];
    return sum == line_words * number + line_words * (line_words - 1) / 2;
}

inline void write_payload(std::byte* payload, std::size_t bytes, std::uint64_t number) noexcept {
    write_line(payload, number);
    if (bytes > 64) write_line(payload + bytes - 64, number);
}

inline void check_payload(const std::byte* payload, std::size_t bytes, std::uint64_t number) {
    if (!is_line(payload, number) || (bytes > 64 && !is_line(payload + bytes - 64, number))) {
        throw std::runtime_error("a message is wrong, torn or out of order");
    }
}

}  // namespace ringview::bench
