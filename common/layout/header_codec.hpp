#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <ringview/layout/segment_header.hpp>

namespace ringview::layout {

/// CRC-32 (the one of zlib and PNG) over a segment's header, its checksum word taken as zero.
std::uint64_t header_checksum(std::span<const std::byte> header);

}  // namespace ringview::layout
