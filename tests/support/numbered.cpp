#include "numbered.hpp"

#include <algorithm>
#include <cstring>

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

std::size_t tagged_length(std::uint64_t number, std::size_t capacity) {
    return tag_bytes + numbered_length(number, capacity - tag_bytes);
}

void write_tagged(std::span<std::byte> bytes, std::uint64_t producer, std::uint64_t number) {
    const Tag tag{producer, number};
    std::memcpy(bytes.data(), &tag, sizeof tag);
    write_numbered(bytes.subspan(tag_bytes), number);
}

std::optional<Tag> tag_of(std::span<const std::byte> bytes, std::size_t capacity) {
    Tag tag;
    static_assert(sizeof tag == tag_bytes);
    if (bytes.size() < tag_bytes) return {};
    std::memcpy(&tag, bytes.data(), sizeof tag);
    if (!is_numbered(bytes.subspan(tag_bytes), tag.number, capacity - tag_bytes)) return {};
    return tag;
}

}  // namespace ringview::test
