#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ringview/layout/segment_header.hpp>
#include <ringview/layout/validate.hpp>

#include "header_seal.hpp"
#include "ring_bytes.hpp"
#include "thrown_error.hpp"

namespace ringview::layout {
namespace {

using test::RingBytes;
using testing::HasSubstr;

/// Every word of its header has a value that a damaged one differs from.
RingParameters ring_under_test() {
    RingParameters p = test::small_ring();
    p.shape = {4, 3};
    p.slots = 8;
    p.slot_bytes = 96;
    p.history = 2;
    p.first_position = 50;
    p.stall_timeout_ms = 10;
    return p;
}

enum Segment { slots_segment, cursors_segment };

template <class Word>
std::vector<std::byte> bytes_of(Word word) {
    std::vector<std::byte> bytes(sizeof word);
    std::memcpy(bytes.data(), &word, sizeof word);
    return bytes;
}
std::vector<std::byte> u32(std::uint32_t word) {
    return bytes_of(word);
}
std::vector<std::byte> u64(std::uint64_t word) {
    return bytes_of(word);
}
std::vector<std::byte> text(const std::string& characters) {
    const auto* begin = reinterpret_cast<const std::byte*>(characters.data());
    return {begin, begin + characters.size()};
}

struct Damage {
    const char* name;
    Segment segment;
    std::size_t offset;
    std::vector<std::byte> bytes;
    std::vector<std::string> refusal;  ///< what its message names: the word, what it holds, what was expected
    Error::Code code = Error::corrupt;
    bool is_seen_before_checksum = false;  ///< so the refusal is the same where the checksum was not made right again
};

// NOLINTNEXTLINE(readability-identifier-naming): GoogleTest's name
void PrintTo(const Damage& damage, std::ostream* out) {
    *out << damage.name;
}

std::span<std::byte> header_of(const RingBytes& ring, Segment segment) {
    return segment == slots_segment ? ring.slots().first(slots_header_bytes)
                                    : ring.cursors().first(cursors_header_bytes);
}

void lay_over(const RingBytes& ring, const Damage& damage) {
    std::memcpy(header_of(ring, damage.segment).data() + damage.offset, damage.bytes.data(), damage.bytes.size());
}

class Damaged : public testing::TestWithParam<Damage> {};

TEST_P(Damaged, IsRefusedByNameEvenWhereTheChecksumIsRight) {
    const Damage& damage = GetParam();
    const RingBytes ring(ring_under_test());
    lay_over(ring, damage);
    const bool is_checksum = damage.offset / 8 == test::checksum_offset / 8;
    if (!is_checksum) test::seal(header_of(ring, damage.segment));
    const std::string message = test::message_of(damage.code, [&] { validate(ring.slots(), ring.cursors()); });
    for (const std::string& part : damage.refusal) EXPECT_THAT(message, HasSubstr(part));
    if (damage.code == Error::corrupt) {
        EXPECT_THAT(message, HasSubstr(damage.segment == slots_segment ? "slots" : "cursors"));
    }
}

TEST_P(Damaged, IsRefusedByTheChecksumAtTheLatest) {
    const Damage& damage = GetParam();
    const RingBytes ring(ring_under_test());
    lay_over(ring, damage);
    const std::string message = test::message_of(damage.code == Error::version ? Error::version : Error::corrupt,
                                                 [&] { validate(ring.slots(), ring.cursors()); });
    EXPECT_THAT(message, HasSubstr(damage.is_seen_before_checksum ? damage.refusal.front() : "checksum"));
}

constexpr std::size_t kind_offset = offsetof(SegmentPreamble, kind);
constexpr std::size_t segment_bytes_offset = offsetof(SegmentPreamble, segment_bytes);
constexpr std::size_t flags_offset = offsetof(SegmentPreamble, flags);
constexpr std::size_t byte_order_offset = offsetof(SegmentPreamble, byte_order);
constexpr std::size_t header_bytes_offset = offsetof(SegmentPreamble, header_bytes);
constexpr auto slots_kind = static_cast<std::uint32_t>(SegmentKind::slots);
constexpr auto cursors_kind = static_cast<std::uint32_t>(SegmentKind::cursors);

std::vector<Damage> preamble_damages() {
    const auto s = slots_segment;
    const auto c = cursors_segment;
    return {
        {"SlotsMagic", s, 0, text("RINGVIEV"), {"RINGVIEW"}, Error::corrupt, true},
        {"SlotsVersionMajor", s, 8, u32(2), {"version 2.0", "1.x"}, Error::version, true},
        {"SlotsVersionMajorZero", s, 8, u32(0), {"version 0.0"}, Error::version, true},
        {"SlotsKind", s, kind_offset, u32(cursors_kind), {"kind", std::to_string(slots_kind)}, Error::corrupt, true},
        {"SlotsHeaderBytes", s, header_bytes_offset, u32(4096), {"header_bytes", "4096", "8192"}, Error::corrupt, true},
        {"SlotsChecksum", s, test::checksum_offset, u64(1), {"checksum is 1,"}},
        {"SlotsChecksumHighHalf", s, test::checksum_offset + 4, u32(1), {"checksum"}},
        {"SlotsSegmentBytes", s, segment_bytes_offset, u64(1 << 20), {"segment_bytes is 1048576"}},
        {"SlotsByteOrder", s, byte_order_offset, u32(0x04030201), {"byte_order"}, Error::corrupt, true},
        {"SlotsUnknownFlag", s, flags_offset, u32(6), {"flags", "6"}},
        {"SlotsHighestFlag", s, flags_offset, u32(0x80000002), {"flags"}},
        {"CursorsMagic", c, 0, text("RINGVIEV"), {"RINGVIEW"}, Error::corrupt, true},
        {"CursorsVersionMajor", c, 8, u32(2), {"version 2.0", "1.x"}, Error::version, true},
        {"CursorsKind", c, kind_offset, u32(slots_kind), {"kind", std::to_string(cursors_kind)}, Error::corrupt, true},
        {"CursorsHeaderBytes",
         c,
         header_bytes_offset,
         u32(8192),
         {"header_bytes", "8192", "4096"},
         Error::corrupt,
         true},
        {"CursorsChecksum", c, test::checksum_offset, u64(1), {"checksum is 1,"}},
        {"CursorsSegmentBytes", c, segment_bytes_offset, u64(28673), {"segment_bytes is 28673", "28672"}},
        {"CursorsRingId", c, 40, u64(7), {"ring_id is 7"}},
        {"CursorsByteOrder", c, byte_order_offset, u32(0x04030201), {"byte_order"}, Error::corrupt, true},
        {"CursorsUnknownFlag", c, flags_offset, u32(6), {"flags", "6"}},
        {"CursorsFlagsOfAnotherRing", c, flags_offset, u32(3), {"flags is 3", "expected 2"}},
    };
}

#define OFFSET(word) offsetof(SlotsHeader, word)

std::vector<Damage> slots_header_damages() {
    const auto s = slots_segment;
    const std::int64_t minus_two = -2;
    const std::int64_t minus_one = -1;
    const auto i64 = [](std::int64_t word) { return u64(static_cast<std::uint64_t>(word)); };
    return {
        {"SlotCountZero", s, OFFSET(slot_count), u64(0), {"slots", "power of two", "0"}},
        {"SlotCountNoPowerOfTwo", s, OFFSET(slot_count), u64(7), {"slots", "power of two", "7"}},
        {"SlotCountHuge", s, OFFSET(slot_count), u64(std::uint64_t{1} << 63), {"slots", "power of two"}},
        {"SlotCountLarger", s, OFFSET(slot_count), u64(16), {"segment_bytes"}},
        {"SlotStride", s, OFFSET(slot_stride), u64(16), {"slot_stride is 16", "expected 112"}},
        {"SlotStrideRoundedMore", s, OFFSET(slot_stride), u64(128), {"slot_stride is 128"}},
        {"SlotsOffset", s, OFFSET(slots_offset), u64(45040), {"slots_offset is 45040", "45056"}},
        {"SlotCapacityZero", s, OFFSET(slot_capacity), u64(0), {"slot holds", "0"}},
        {"SlotCapacityHuge", s, OFFSET(slot_capacity), u64(~std::uint64_t{0}), {"slot holds"}},
        {"SlotCapacityLarger", s, OFFSET(slot_capacity), u64(97), {"slot_stride is 112", "128"}},
        {"SlotHeaderBytes", s, OFFSET(slot_header_bytes), u32(32), {"slot_header_bytes is 32", "16"}},
        {"PayloadAlignmentNoPowerOfTwo", s, OFFSET(payload_alignment), u32(24), {"alignment", "24"}},
        {"PayloadAlignmentLarger", s, OFFSET(payload_alignment), u32(64), {"slot_stride"}},
        {"PayloadAlignmentHuge", s, OFFSET(payload_alignment), u32(8192), {"alignment", "8192"}},
        {"PayloadAlignmentZero", s, OFFSET(payload_alignment), u32(0), {"payload_alignment is 0", "16"}},
        {"PayloadAlignmentTooSmall", s, OFFSET(payload_alignment), u32(8), {"payload_alignment is 8", "16"}},
        {"HistoryOfAllSlots", s, OFFSET(history), u64(8), {"history", "8 of 8"}},
        {"ProducerLimitZero", s, OFFSET(producer_limit), u32(0), {"producers", "0"}},
        {"ProducerLimitHuge", s, OFFSET(producer_limit), u32(65), {"producers", "65"}},
        {"ProducerLimitOther", s, OFFSET(producer_limit), u32(2), {"slot_stride"}},
        {"SubscriptionLimit", s, OFFSET(subscription_limit), u32(63), {"subscription_limit is 63", "64"}},
        {"NameBytesZero", s, OFFSET(name_bytes), u32(0), {"name_bytes is 0"}},
        {"NameBytesBeyondItsPlace", s, OFFSET(name_bytes), u32(129), {"name_bytes is 129"}},
        {"NameBytesIntoZeroes", s, OFFSET(name_bytes), u32(6), {"name", "not printable"}},
        {"NameWithNewline", s, OFFSET(name), text("a\nb"), {"name", "not printable"}},
        {"NameWithHighBit", s, OFFSET(name), text("\xFF"), {"name", "not printable"}},
        {"FormatBytesZero", s, OFFSET(format_bytes), u32(0), {"format_bytes is 0"}},
        {"FormatBytesBeyondTheHeader", s, OFFSET(format_bytes), u32(7681), {"format_bytes is 7681"}},
        {"FormatBytesIntoZeroes", s, OFFSET(format_bytes), u32(3), {"format", "zero byte"}},
        {"FormatWithZero", s, format_text_offset, text(std::string(1, '\0')), {"format", "zero byte"}},
        {"DimensionsTooMany", s, OFFSET(dimensions), u32(9), {"dimensions is 9"}},
        {"DimensionsIntoZeroes", s, OFFSET(dimensions), u32(3), {"shape[2] is 0"}},
        {"ShapeNegative", s, OFFSET(shape), i64(minus_two), {"shape[0] is -2"}},
        {"ShapeZero", s, OFFSET(shape), i64(0), {"shape[0] is 0"}},
        {"ShapeVariesNotInItsFirst", s, OFFSET(shape) + 8, i64(minus_one), {"shape[1] is -1"}},
    };
}

#undef OFFSET

const auto name_of = [](const auto& info) { return std::string(info.param.name); };
INSTANTIATE_TEST_SUITE_P(Preamble, Damaged, testing::ValuesIn(preamble_damages()), name_of);
INSTANTIATE_TEST_SUITE_P(SlotsHeader, Damaged, testing::ValuesIn(slots_header_damages()), name_of);

TEST(Validate, NoByteOfTheHeadersCanChangeUnnoticed) {
    for (const Segment segment : {slots_segment, cursors_segment}) {
        const RingBytes ring(ring_under_test());
        const std::span<std::byte> header = header_of(ring, segment);
        for (std::size_t i = 0; i < header.size(); i += i < 600 ? 1 : 97) {
            header[i] ^= std::byte{0x10};
            EXPECT_THROW(validate(ring.slots(), ring.cursors()), Error) << "byte " << i << " of segment " << segment;
            header[i] ^= std::byte{0x10};
        }
        EXPECT_NO_THROW(validate(ring.slots(), ring.cursors()));
    }
}

TEST(Validate, ANewerMinorVersionIsRead) {
    const RingBytes ring(ring_under_test());
    const Damage newer{"", slots_segment, offsetof(SegmentPreamble, version_minor), u32(9), {}};
    lay_over(ring, newer);
    test::seal(header_of(ring, slots_segment));
    EXPECT_NO_THROW(validate(ring.slots(), ring.cursors()));
}

TEST(Validate, AMappingOfAnotherSizeThanTheSegmentsIsRefused) {
    const RingBytes ring(ring_under_test());
    const auto shorter = [](std::span<std::byte> bytes, std::size_t by) { return bytes.first(bytes.size() - by); };
    EXPECT_THAT(test::message_of(Error::corrupt, [&] { validate(shorter(ring.slots(), 1), ring.cursors()); }),
                HasSubstr("slots segment is malformed: segment_bytes"));
    EXPECT_THAT(test::message_of(Error::corrupt, [&] { validate(ring.slots(), shorter(ring.cursors(), 1)); }),
                HasSubstr("cursors segment is malformed: segment_bytes"));
}

TEST(Validate, ASegmentRoundedUpToAHugePageIsRead) {
    const RingParameters p = ring_under_test();
    const test::PageAlignedBytes slots(std::size_t{1} << 21);
    const test::PageAlignedBytes cursors(cursors_segment_bytes);
    initialise_ring(p, test::test_ring_id, test::test_created_unix_ns, slots.bytes(), cursors.bytes());
    EXPECT_EQ(validate(slots.bytes(), cursors.bytes()).geometry, plan_geometry(p));
    EXPECT_THAT(test::message_of(Error::corrupt, [&] { validate(slots.bytes().first(1 << 20), cursors.bytes()); }),
                HasSubstr("segment_bytes is 2097152, expected 1048576"));
}

TEST(Validate, AMappingShorterThanItsHeaderIsRefusedUnread) {
    const RingBytes ring(ring_under_test());
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{55}, slots_header_bytes - 1}) {
        // Memory of just this size, so that AddressSanitizer sees a look beyond it.
        const test::PageAlignedBytes slots(std::max<std::size_t>(size, 1));
        std::memcpy(slots.bytes().data(), ring.slots().data(), size);
        EXPECT_THAT(test::message_of(Error::corrupt, [&] { validate(slots.bytes().first(size), ring.cursors()); }),
                    HasSubstr("only " + std::to_string(size) + " bytes"));
    }
    for (const std::size_t size : {std::size_t{0}, std::size_t{55}, cursors_header_bytes - 1}) {
        const test::PageAlignedBytes cursors(std::max<std::size_t>(size, 1));
        std::memcpy(cursors.bytes().data(), ring.cursors().data(), size);
        EXPECT_THAT(test::message_of(Error::corrupt, [&] { validate(ring.slots(), cursors.bytes().first(size)); }),
                    HasSubstr("only " + std::to_string(size) + " bytes"));
    }
}

TEST(Validate, ARefusalSaysWhatToDo) {
    const RingBytes ring(ring_under_test());
    ring.slots()[0] = std::byte{0};
    const auto error = test::error_of([&] { validate(ring.slots(), ring.cursors()); });
    ASSERT_TRUE(error);
    EXPECT_THAT(error->hint(), HasSubstr("ringview rm"));
}

TEST(Validate, SegmentsOfTwoRingsAreNoRing) {
    const RingBytes one(ring_under_test());
    RingParameters p = ring_under_test();
    test::PageAlignedBytes slots(plan_geometry(p).segment_bytes);
    test::PageAlignedBytes cursors(cursors_segment_bytes);
    initialise_ring(p, test::test_ring_id + 1, test::test_created_unix_ns, slots.bytes(), cursors.bytes());
    EXPECT_THAT(test::message_of(Error::corrupt, [&] { validate(one.slots(), cursors.bytes()); }),
                HasSubstr("ring_id"));
}

TEST(Crc32, IsThatOfZlib) {
    EXPECT_EQ(test::crc32(text("123456789")), 0xCBF43926U);
}

}  // namespace
}  // namespace ringview::layout
