#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

/// Messages whose every byte and whose length follow from their number, so that a torn, lost, repeated or mixed-up one
/// is seen.
namespace ringview::test {

inline constexpr std::size_t numbered_least_bytes = 16;

/// Between numbered_least_bytes and `capacity`.
std::size_t numbered_length(std::uint64_t number, std::size_t capacity);
/// Writes all of `bytes`.
void write_numbered(std::span<std::byte> bytes, std::uint64_t number);
/// Whether these are exactly the bytes of message `number` of a ring whose slots hold `capacity`.
bool is_numbered(std::span<const std::byte> bytes, std::uint64_t number, std::size_t capacity);
/// The same of a ring whose messages all have one length: whether `bytes` are what write_numbered() writes there.
bool is_numbered(std::span<const std::byte> bytes, std::uint64_t number);

/// Messages of several producers: who wrote it and its number among that one's, then bytes that follow from the number.
inline constexpr std::size_t tag_bytes = 16;

struct Tag {
    std::uint64_t producer = 0;
    std::uint64_t number = 0;
};

/// The number of the message that the helper's role `step` publishes as one of several producers.
inline constexpr std::uint64_t stepped_number = 4711;

std::size_t tagged_length(std::uint64_t number, std::size_t capacity);
void write_tagged(std::span<std::byte> bytes, std::uint64_t producer, std::uint64_t number);
/// Nothing where the message is not whole.
std::optional<Tag> tag_of(std::span<const std::byte> bytes, std::size_t capacity);

}  // namespace ringview::test
