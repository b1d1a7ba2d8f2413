#include <cstdint>
#include <fstream>
#include <map>
#include <optional>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <ringview/layout/cursors_segment.hpp>
#include <ringview/layout/segment_header.hpp>
#include <ringview/layout/slots_segment.hpp>

/// FORMAT.md is what another implementation would be written from, so its tables must be the structs.
namespace ringview::layout {
namespace {

struct Word {
    std::size_t offset;
    std::optional<std::size_t> bytes;  ///< where the table has a column for it

    bool operator==(const Word&) const = default;
};

// NOLINTNEXTLINE(readability-identifier-naming): GoogleTest's name
void PrintTo(const Word& word, std::ostream* out) {
    *out << "offset " << word.offset;
    if (word.bytes) *out << ", " << *word.bytes << " bytes";
}

using Words = std::map<std::string, Word>;

std::string page() {
    std::ifstream file(RINGVIEW_FORMAT_PAGE);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

/// The rows of the table of words in the section whose heading begins with `heading`. Reserved bytes are no words.
Words table(const std::string& heading) {
    const std::regex row(R"(\|\s*(\d+)\s*\|(?:\s*(\d+)\s*\|)?\s*([a-z][a-z_ ]*).*)");
    Words words;
    bool is_here = false;
    std::istringstream lines(page());
    for (std::string line; std::getline(lines, line);) {
        if (line.rfind("##", 0) == 0) is_here = line.rfind("### " + heading, 0) == 0;
        std::smatch found;
        if (!is_here || !std::regex_match(line, found, row)) continue;
        std::string name = found[3];
        name.erase(name.find_last_not_of(' ') + 1);
        if (name == "reserved") continue;
        Word word{std::stoul(found[1]), {}};
        if (found[2].matched) word.bytes = std::stoul(found[2]);
        EXPECT_TRUE(words.emplace(name, word).second) << name << " stands twice under " << heading;
    }
    return words;
}

#define SIZED(type, word)                            \
    {                                                \
#word, {                                     \
            offsetof(type, word), sizeof(type::word) \
        }                                            \
    }
#define WORD(base, type, word)                          \
    {                                                   \
#word, {                                        \
            (base) + offsetof(type, word), std::nullopt \
        }                                               \
    }
#define PREAMBLE(word)                                                     \
    {                                                                      \
#word, {                                                           \
            offsetof(SegmentPreamble, word), sizeof(SegmentPreamble::word) \
        }                                                                  \
    }

TEST(FormatPage, DrawsTheHeader) {
    const Words expected{PREAMBLE(magic),
                         PREAMBLE(version_major),
                         PREAMBLE(version_minor),
                         PREAMBLE(kind),
                         PREAMBLE(header_bytes),
                         PREAMBLE(checksum),
                         PREAMBLE(segment_bytes),
                         PREAMBLE(ring_id),
                         PREAMBLE(byte_order),
                         PREAMBLE(flags),
                         SIZED(SlotsHeader, slot_count),
                         SIZED(SlotsHeader, slot_stride),
                         SIZED(SlotsHeader, slots_offset),
                         SIZED(SlotsHeader, slot_capacity),
                         SIZED(SlotsHeader, slot_header_bytes),
                         SIZED(SlotsHeader, payload_alignment),
                         SIZED(SlotsHeader, history),
                         SIZED(SlotsHeader, first_position),
                         SIZED(SlotsHeader, producer_limit),
                         SIZED(SlotsHeader, subscription_limit),
                         SIZED(SlotsHeader, stall_timeout_ms),
                         SIZED(SlotsHeader, created_unix_ns),
                         SIZED(SlotsHeader, name_bytes),
                         SIZED(SlotsHeader, format_bytes),
                         SIZED(SlotsHeader, dimensions),
                         SIZED(SlotsHeader, shape),
                         SIZED(SlotsHeader, name),
                         {"format", {format_text_offset, max_format_bytes}}};
    EXPECT_EQ(table("Header"), expected);
}

TEST(FormatPage, DrawsTheRingState) {
    using State = RingState<>;
    const auto lonely = [](std::size_t offset) { return Word{ring_state_offset + offset, std::nullopt}; };
    const std::size_t floors = ring_state_offset + offsetof(State, floors);
    const Words expected{WORD(ring_state_offset, Membership<>, join_epoch),
                         WORD(ring_state_offset, Membership<>, lossless),
                         WORD(ring_state_offset, Membership<>, lossy),
                         WORD(ring_state_offset, Membership<>, producers),
                         WORD(ring_state_offset, Membership<>, life),
                         WORD(ring_state_offset, Membership<>, groups),
                         WORD(ring_state_offset, Membership<>, in_groups),
                         WORD(ring_state_offset, Membership<>, orphans),
                         {"head", lonely(offsetof(State, head))},
                         {"gate", lonely(offsetof(State, gate))},
                         WORD(floors, Floors<>, floor),
                         WORD(floors, Floors<>, safe_floor),
                         {"producers_waiting", lonely(offsetof(State, producers_waiting))},
                         {"tombstones", lonely(offsetof(State, tombstones))}};
    EXPECT_EQ(table("Ring state"), expected);
}

TEST(FormatPage, DrawsAGroupRecord) {
    using Record = GroupRecord<>;
    const Words expected{SIZED(Record, members), SIZED(Record, state),      SIZED(Record, flags),
                         SIZED(Record, uid),     SIZED(Record, name_bytes), SIZED(Record, name)};
    EXPECT_EQ(table("Group record"), expected);
}

TEST(FormatPage, DrawsAProducerLine) {
    using Line = ProducerLine<>;
    const Words expected{WORD(0, Line, intent),    WORD(0, Line, wait_subscription), WORD(0, Line, wait_pos),
                         WORD(0, Line, published), WORD(0, Line, found_full),        WORD(0, Line, tombstones)};
    EXPECT_EQ(table("Producer line"), expected);
}

TEST(FormatPage, DrawsTheRecordsOfProducersAndSubscriptions) {
    using Record = SubscriptionRecord<>;
    const Words expected{
        SIZED(Record, state),  SIZED(Record, pid),        SIZED(Record, start_time_ticks), SIZED(Record, pid_namespace),
        SIZED(Record, uid),    SIZED(Record, name_bytes), SIZED(Record, endpoint_id),      SIZED(Record, name),
        SIZED(Record, policy), SIZED(Record, flags),      SIZED(Record, start_position),   SIZED(Record, group)};
    EXPECT_EQ(table("Producer record"), expected);
    EXPECT_EQ(offsetof(ProducerRecord<>, pid), offsetof(Record, pid)) << "one table stands for both";
    EXPECT_EQ(offsetof(ProducerRecord<>, start_time_ticks), offsetof(Record, start_time_ticks));
    EXPECT_EQ(offsetof(ProducerRecord<>, pid_namespace), offsetof(Record, pid_namespace));
    EXPECT_EQ(offsetof(ProducerRecord<>, uid), offsetof(Record, uid));
    EXPECT_EQ(offsetof(ProducerRecord<>, name_bytes), offsetof(Record, name_bytes));
    EXPECT_EQ(offsetof(ProducerRecord<>, endpoint_id), offsetof(Record, endpoint_id));
    EXPECT_EQ(offsetof(ProducerRecord<>, name), offsetof(Record, name));
}

TEST(FormatPage, DrawsASlot) {
    using Slot = SlotHeader<>;
    const Words expected{SIZED(Slot, seq),
                         SIZED(Slot, length),
                         SIZED(Slot, producer),
                         SIZED(Slot, flags),
                         {"publish time", {timestamp_offset, 8}}};
    Words found = table("Slot of position");
    if (const auto length = found.extract("length of the payload in bytes")) found.emplace("length", length.mapped());
    EXPECT_EQ(found, expected);
}

TEST(FormatPage, DrawsACursor) {
    using C = Cursor<>;
    const Words expected{WORD(0, C, pos),       WORD(0, C, wait_seq),    WORD(0, C, wakes),        WORD(0, C, held),
                         WORD(0, C, lost),      WORD(0, C, skipped),     WORD(0, C, stepped_over), WORD(0, C, next),
                         WORD(0, C, delivered), WORD(0, C, redelivered), WORD(0, C, redelivery)};
    EXPECT_EQ(table("Cursor"), expected);
}

TEST(FormatPage, SaysWhereEachTableOfASegmentBegins) {
    const std::string text = page();
    const auto says = [&](const std::string& words) { return text.find(words) != std::string::npos; };
    EXPECT_TRUE(says("### Producer line *i*, at " + std::to_string(producer_lines_offset) + " + " +
                     std::to_string(sizeof(ProducerLine<>)) + " *i*"));
    EXPECT_TRUE(says("### Producer record *i*, at " + std::to_string(producer_records_offset) + " + " +
                     std::to_string(sizeof(ProducerRecord<>)) + " *i*"));
    EXPECT_TRUE(says("subscription record *i*, at " + std::to_string(subscription_records_offset) + " + " +
                     std::to_string(sizeof(SubscriptionRecord<>)) + " *i*"));
    EXPECT_TRUE(says("### Slot of position *p*, at " + std::to_string(slots_offset)));
    EXPECT_TRUE(says("waiters (at " + std::to_string(waiters_offset) + ")"));
    EXPECT_TRUE(says("### Cursor *i*, at " + std::to_string(cursors_offset) + " + " + std::to_string(sizeof(Cursor<>)) +
                     " *i*"));
    EXPECT_TRUE(says("group lines: " + std::to_string(max_groups) + " x " + std::to_string(sizeof(GroupLine<>))));
    EXPECT_TRUE(says("version " + std::to_string(version_major) + "." + std::to_string(version_minor)));
}

#undef SIZED
#undef WORD
#undef PREAMBLE

}  // namespace
}  // namespace ringview::layout
