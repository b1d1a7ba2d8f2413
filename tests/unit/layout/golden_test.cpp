#include <array>
#include <cstdint>
#include <fstream>
#include <iomanip>
#include <sstream>
#include <string>

#include <gtest/gtest.h>
#include <ringview/layout/segment_header.hpp>
#include <ringview/layout/validate.hpp>

#include "ring_bytes.hpp"

/// The headers of one ring as version 1.0 wrote them, kept as text: `offset: 16 bytes` a line, lines of zeroes left
/// out. A segment of that version must be read by every 1.x, so the file never changes; a new version adds another.
namespace ringview::layout {
namespace {

constexpr std::size_t line_bytes = 16;

RingParameters golden_parameters() {
    RingParameters p;
    p.name = "golden/quotes-1";
    p.format = "T{<d:bid:<d:ask:<I:size:4x}";
    p.shape = {-1, 3};
    p.slots = 4;
    p.slot_bytes = 720;
    p.history = 2;
    p.alignment = 64;
    p.timestamps = true;
    p.stall_timeout_ms = 1500;
    p.first_position = 0x0102030405060708;
    return p;
}

std::string golden_path(const char* segment) {
    return std::string(RINGVIEW_GOLDEN_FOLDER) + "/" + segment + "_header_1.0.txt";
}

std::string dump(std::span<const std::byte> bytes) {
    std::ostringstream text;
    text << std::hex << std::setfill('0');
    for (std::size_t offset = 0; offset < bytes.size(); offset += line_bytes) {
        const auto line = bytes.subspan(offset, line_bytes);
        if (std::all_of(line.begin(), line.end(), [](std::byte b) { return b == std::byte{0}; })) continue;
        text << std::setw(4) << offset << ":";
        for (const std::byte b : line) text << " " << std::setw(2) << static_cast<unsigned>(b);
        text << "\n";
    }
    return text.str();
}

std::string golden_text(const char* segment) {
    std::ifstream file(golden_path(segment));
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

void load_golden(const char* segment, std::span<std::byte> header) {
    std::istringstream lines(golden_text(segment));
    lines >> std::hex;
    std::fill(header.begin(), header.end(), std::byte{0});
    std::size_t offset = 0;
    char colon = 0;
    while (lines >> offset >> colon) {
        for (std::byte& b : header.subspan(offset, line_bytes)) {
            unsigned value = 0;
            lines >> value;
            b = static_cast<std::byte>(value);
        }
    }
}

TEST(GoldenSegment, WrittenByVersionOneStillValidates) {
    const RingParameters p = golden_parameters();
    const test::PageAlignedBytes slots(plan_geometry(p).segment_bytes);
    const test::PageAlignedBytes cursors(28672);
    load_golden("slots", slots.bytes().first(8192));
    load_golden("cursors", cursors.bytes().first(4096));
    const RingHeader header = validate(slots.bytes(), cursors.bytes());
    EXPECT_EQ(header.name, p.name);
    EXPECT_EQ(header.format, p.format);
    EXPECT_EQ(header.shape, p.shape);
    EXPECT_EQ(header.payload_alignment, 64U);
    EXPECT_EQ(header.stall_timeout_ms, 1500U);
    EXPECT_EQ(header.ring_id, test::test_ring_id);
    EXPECT_EQ(header.created_unix_ns, test::test_created_unix_ns);
    EXPECT_EQ(header.geometry.slot_count, 4U);
    EXPECT_EQ(header.geometry.slot_stride, 832U);
    EXPECT_EQ(header.geometry.slot_capacity, 720U);
    EXPECT_EQ(header.geometry.slot_header_bytes, 64U);
    EXPECT_EQ(header.geometry.history, 2U);
    EXPECT_EQ(header.geometry.first_position, 0x0102030405060708U);
    EXPECT_EQ(header.geometry.producer_limit, 1U);
    EXPECT_TRUE(header.geometry.timestamps);
    EXPECT_TRUE(header.geometry.asymmetric_barrier);
}

TEST(GoldenSegment, TodayWritesTheSameBytes) {
    const test::RingBytes ring(golden_parameters());
    EXPECT_EQ(dump(ring.slots().first(slots_header_bytes)), golden_text("slots"));
    EXPECT_EQ(dump(ring.cursors().first(cursors_header_bytes)), golden_text("cursors"));
}

}  // namespace
}  // namespace ringview::layout
