#pragma once

#include <cstddef>
#include <cstdint>
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

}  // namespace ringview::test
