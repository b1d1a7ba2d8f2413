#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

/// What FORMAT.md says about the checksum, written once more, so that tests do not take the code's word for it.
namespace ringview::test {

inline constexpr std::size_t checksum_offset = 24;

/// CRC-32 as zlib and PNG have it.
inline std::uint32_t crc32(std::span<const std::byte> bytes) {
    static const auto table = [] {
        std::array<std::uint32_t, 256> entries{};
        for (std::uint32_t i = 0; i < entries.size(); ++i) {
            std::uint32_t entry = i;
            for (int bit = 0; bit < 8; ++bit) entry = (entry >> 1) ^ ((entry & 1) != 0 ? 0xEDB88320U : 0U);
            entries[i] = entry;
        }
        return entries;
    }();
    std::uint32_t crc = 0xFFFFFFFF;
    for (const std::byte byte : bytes) crc = (crc >> 8) ^ table[(crc ^ static_cast<std::uint32_t>(byte)) & 0xFF];
    return ~crc;
}

/// Makes the checksum of a header right again after it was changed.
inline void seal(std::span<std::byte> header) {
    std::uint64_t checksum = 0;
    std::memcpy(header.data() + checksum_offset, &checksum, sizeof checksum);
    checksum = crc32(header);
    std::memcpy(header.data() + checksum_offset, &checksum, sizeof checksum);
}

}  // namespace ringview::test
