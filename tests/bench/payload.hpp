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

/// Inline and of a size that the compiler knows: how a payload is written must not depend on the transport around it.
template <std::size_t bytes>
[[gnu::always_inline]] inline void write_words(void* place, std::uint64_t number) noexcept {
    auto* words = static_cast<Word*>(place);
#pragma GCC unroll 8
    for (std::size_t i = 0; i < bytes / sizeof(Word); ++i) words[i] = number + i;
}

template <std::size_t bytes>
[[gnu::always_inline]] inline bool are_words(const void* place, std::uint64_t number) noexcept {
    constexpr std::size_t count = bytes / sizeof(Word);
    const auto* words = static_cast<const Word*>(place);
    std::uint64_t sum = 0;
#pragma GCC unroll 8
    for (std::size_t i = 0; i < count; ++i) sum += words[i];
    return sum == count * number + count * (count - 1) / 2;
}

/// Payloads are these, or a line and more. The page is written and read in full.
inline constexpr std::size_t short_payload_bytes = 48;
inline constexpr std::size_t page_payload_bytes = 4096;

[[gnu::always_inline]] inline void write_payload(std::byte* payload, std::size_t bytes, std::uint64_t number) noexcept {
    if (bytes == short_payload_bytes) return write_words<short_payload_bytes>(payload, number);
    if (bytes == page_payload_bytes) return write_words<page_payload_bytes>(payload, number);
    write_words<line_bytes>(payload, number);
    if (bytes > line_bytes) write_words<line_bytes>(payload + bytes - line_bytes, number);
}

[[gnu::always_inline]] inline bool is_payload(const std::byte* payload, std::size_t bytes,
                                              std::uint64_t number) noexcept {
    if (bytes == short_payload_bytes) return are_words<short_payload_bytes>(payload, number);
    if (bytes == page_payload_bytes) return are_words<page_payload_bytes>(payload, number);
    return are_words<line_bytes>(payload, number) &&
           (bytes == line_bytes || are_words<line_bytes>(payload + bytes - line_bytes, number));
}

[[gnu::always_inline]] inline void check_payload(const std::byte* payload, std::size_t bytes, std::uint64_t number) {
    if (!is_payload(payload, bytes, number)) throw std::runtime_error("a message is wrong, torn or out of order");
}

}  // namespace ringview::bench
