#include "header_codec.hpp"

#include <array>

#include <boost/crc.hpp>

namespace ringview::layout {

std::uint64_t header_checksum(std::span<const std::byte> header) {
    constexpr std::size_t begin = offsetof(SegmentPreamble, checksum);
    constexpr std::array<std::byte, sizeof(SegmentPreamble::checksum)> zero{};
    boost::crc_32_type crc;
    crc.process_bytes(header.data(), begin);
    crc.process_bytes(zero.data(), zero.size());
    crc.process_bytes(header.data() + begin + zero.size(), header.size() - begin - zero.size());
    return crc.checksum();
}

}  // namespace ringview::layout
