#include "numbered.hpp"

#include <algorithm>

namespace ringview::test {
namespace {

std::byte byte_at(std::uint64_t number, std::size_t i) {
    constexpr std::uint64_t odd_multiplier = 0x9E37'79B9'7F4A'7C15;
    return static_cast<std::byte>((number * odd_multiplier) >> (8 * (i % 8)) ^ (i / 8));
}

}  // namespace

std::size_t numbered_length(std::uint64_t number, std::size_t capacity) {
    return numbered_least_bytes + static_cast<std::size_t>(number * 7919 % (capacity - numbered_least_bytes + 1));
}

void write_numbered(std::span<std::byte> bytes, std::uint64_t number) {
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = byte_at(number, i);
}

bool is_numbered(std::span<const std::byte> bytes, std::uint64_t number, std::size_t capacity) {
    return bytes.size() == numbered_length(number, capacity) && is_numbered(bytes, number);
}

bool is_numbered(std::span<const std::byte> bytes, std::uint64_t number) {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (bytes[i] != byte_at(number, i)) return false;
    }
    return true;
}

}  // namespace ringview::test
