#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <stdexcept>

/// What the messages hold: numbers that follow from the message's own, so that a wrong, torn or reordered one is seen.
/// Of a large payload the first and the last line are written and read.
namespace ringview::bench {

inline constexpr std::size_t line_bytes = 64;

using Word = std::uint64_t __attribute__((may_alias, aligned(8)));

inline void write_words(void* place, std::size_t bytes, std::uint64_t number) noexcept {
    auto* words = static_cast<Word*>(place);
    for (std::size_t i = 0; i < bytes / sizeof(Word); ++i) words[i] = number + i;
}

inline bool are_words(const void* place, std::size_t bytes, std::uint64_t number) noexcept {
    const auto* words = static_cast<const Word*>(place);
    const std::size_t count = bytes / sizeof(Word);
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < count; ++i) sum += words[i];
    return sum == count * number + count * (count - 1) / 2;
}

/// `bytes` is a multiple of 8.
inline void write_payload(std::byte* payload, std::size_t bytes, std::uint64_t number) noexcept {
    if (bytes < line_bytes) return write_words(payload, bytes, number);
    write_words(payload, line_bytes, number);
    if (bytes > line_bytes) write_words(payload + bytes - line_bytes, line_bytes, number);
}

inline bool is_payload(const std::byte* payload, std::size_t bytes, std::uint64_t number) noexcept {
    if (bytes < line_bytes) return are_words(payload, bytes, number);
    return are_words(payload, line_bytes, number) &&
           (bytes == line_bytes || are_words(payload + bytes - line_bytes, line_bytes, number));
}

inline void check_payload(const std::byte* payload, std::size_t bytes, std::uint64_t number) {
    if (!is_payload(payload, bytes, number)) throw std::runtime_error("a message is wrong, torn or out of order");
}

}  // namespace ringview::bench
