#include <ringview/control/codec.hpp>
#include <ringview/control/ring_name.hpp>
#include <ringview/view/view_limits.hpp>

#include "registry_fixture.hpp"

namespace ringview::server {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing_support::throws_error;

std::string numbered(std::size_t number) {
    const std::string digits = std::to_string(1000 + number);
    return "ring/" + digits.substr(1);
}

/// A name as long as there is one.
std::string longest_member_name(std::size_t number) {
    const std::string digits = std::to_string(number);
    return std::string(control::max_member_name_bytes - digits.size(), '~') + digits;
}

/// A format as long as there is one, in the characters that JSON makes longest.
std::string longest_format() {
    return "B:" + std::string(view_limits::max_format_length - 3, '"') + ":";
}

RingSpec largest_ring() {
    RingSpec spec = small_ring("z" + std::string(control::max_ring_name_bytes - 1, 'z'));
    spec.format = longest_format();
    spec.shape = std::vector<std::int64_t>(8, 1);
    return spec;
}

/// The whole list, page by page, each within a packet.
template <class Ask>
std::vector<std::string> all_pages(Ask ask, std::size_t& pages) {
    std::vector<std::string> names;
    pages = 0;
    for (std::string after;;) {
        const control::RingsReply page = ask(after);
        EXPECT_LE(control::encode(control::Reply(page)).size(), control::max_packet_bytes);
        ++pages;
        for (const RingInfo& ring : page.rings) names.push_back(ring.name);
        if (!page.has_more || page.rings.empty()) return names;
        after = names.back();
    }
}

TEST_F(RegistryTest, ListsHundredsOfRingsInPagesThatFitAndMissNone) {
    Registry registry = make();
    std::vector<std::string> expected;
    for (std::size_t i = 0; i < 300; ++i) {
        expected.push_back(numbered(i));
        registry.create(peer_of(i % 2 == 0 ? daemon_uid : user_uid), small_ring(expected.back()));
    }
    std::size_t pages = 0;
    const auto list = [&](const std::string& after) { return registry.list(peer_of(daemon_uid), {after}); };
    EXPECT_EQ(all_pages(list, pages), expected);
    EXPECT_GT(pages, 1U);
    const auto stat = [&](const std::string& after) { return registry.stat(peer_of(daemon_uid), {after, {}}); };
    EXPECT_EQ(all_pages(stat, pages), expected);
    EXPECT_GT(pages, 1U);
}

TEST_F(RegistryTest, TheLargestRingFitsIntoAPageBehindAnyNumberOfOthers) {
    Registry registry = make();
    const RingSpec largest = largest_ring();
    registry.create(peer_of(daemon_uid), largest);
    registry.attach_producer(client(10, daemon_uid), {largest.name, longest_member_name(0)});
    for (std::size_t i = 0; i < 64; ++i)
        registry.attach_consumer(client(2'000'000'000, daemon_uid), {largest.name, longest_member_name(i)});
    std::size_t largest_page = 0;
    for (std::size_t i = 0; i < 80; ++i) {
        const std::string packet = control::encode(control::Reply(registry.stat(peer_of(daemon_uid), {})));
        largest_page = std::max(largest_page, packet.size());
        registry.create(peer_of(daemon_uid), small_ring(numbered(i)));
    }
    EXPECT_LE(largest_page, control::max_packet_bytes);
    EXPECT_TRUE(registry.stat(peer_of(daemon_uid), {}).has_more);
}

TEST_F(RegistryTest, TheLargestRingThereCanBeOneDayLeavesRoomForTheOthersOfItsPage) {
    constexpr std::uint64_t most = UINT64_MAX;
    RingInfo ring;
    ring.name = std::string(control::max_ring_name_bytes, 'z');
    ring.format = longest_format();
    ring.shape = std::vector<std::int64_t>(8, INT64_MIN);
    ring.slots = ring.slot_bytes = ring.bytes = ring.head = ring.used = ring.published = most;
    const std::string name = longest_member_name(0);
    ring.producers.resize(64, {UINT32_MAX, INT64_MIN, UINT32_MAX, name, false, most, most, name});
    ConsumerInfo consumer{name, INT64_MIN, UINT32_MAX, Policy::lossless, false, false, most, most, most, most, false,
                          most, false,     most};
    ring.consumers.resize(32, consumer);
    // What a member of a group has besides, it has instead of these.
    consumer.skipped = 0;
    consumer.lag_ns.reset();
    consumer.group = 31;
    consumer.delivered = consumer.redelivered = most;
    ring.consumers.resize(64, consumer);
    ring.groups.resize(32, {31, name, UINT32_MAX, false, 64, most, most, most, most, 64, UINT32_MAX});
    ring.tombstones = most;
    ring.memory = MemoryInfo{Backend::posix,
                             most,
                             most,
                             most,
                             most,
                             most,
                             std::vector<NodeBytes>(MemoryInfo::max_nodes, {UINT32_MAX, most}),
                             std::string(MemoryInfo::max_note_bytes, 'n')};
    constexpr std::size_t page_bytes = 1536;
    EXPECT_LE(control::encode(control::Reply(control::RingsReply{{ring}, true})).size() + page_bytes,
              control::max_packet_bytes);
}

TEST_F(RegistryTest, APageBeginsBehindANameThatNeedNotExist) {
    Registry registry = make();
    for (const char* ring : {"a", "b", "c"}) registry.create(peer_of(daemon_uid), small_ring(ring));
    EXPECT_THAT(names_of(registry.list(peer_of(daemon_uid), {"a"}).rings), ElementsAre("b", "c"));
    EXPECT_THAT(names_of(registry.list(peer_of(daemon_uid), {"aa"}).rings), ElementsAre("b", "c"));
    EXPECT_THAT(registry.list(peer_of(daemon_uid), {"c"}).rings, IsEmpty());
    EXPECT_FALSE(registry.list(peer_of(daemon_uid), {"c"}).has_more);
}

TEST_F(RegistryTest, MemoryIsToldOfARingOnceItWasLookedAt) {
    Registry registry = make();
    // Whoever makes rings all the time uses up what the daemon may spend on looking.
    const auto is_seen_when_made = [&] {
        registry.create(peer_of(daemon_uid), small_ring("new"));
        const bool is_seen = stat_of(registry, "new").memory.has_value();
        if (is_seen) registry.remove(peer_of(daemon_uid), "new");
        return is_seen;
    };
    EXPECT_TRUE(is_seen_when_made());
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (is_seen_when_made()) ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "it never stopped looking";
    while (!stat_of(registry, "new").memory) ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    EXPECT_GT(stat_of(registry, "new").memory->page_bytes, 0U);
}

TEST_F(RegistryTest, AListHasNoMembersAndAStatOfOneRingOnlyThat) {
    Registry registry = make();
    for (const char* ring : {"a", "b"}) {
        registry.create(peer_of(daemon_uid), small_ring(ring));
        registry.attach_consumer(client(10, daemon_uid), {ring, ""});
    }
    for (const RingInfo& ring : registry.list(peer_of(daemon_uid), {}).rings) EXPECT_THAT(ring.consumers, IsEmpty());
    const control::RingsReply one = registry.stat(peer_of(daemon_uid), {{}, "b"});
    EXPECT_THAT(names_of(one.rings), ElementsAre("b"));
    EXPECT_FALSE(one.has_more);
    EXPECT_EQ(one.rings[0].consumers.size(), 1U);
    EXPECT_THAT([&] { registry.stat(peer_of(daemon_uid), {{}, "c"}); }, throws_error(Error::not_found));
}

TEST_F(RegistryTest, APageIsFullWithTheRingsThatOneMaySee) {
    Registry registry = make();
    for (std::size_t i = 0; i < 120; ++i) {
        RingSpec spec = small_ring(numbered(i));
        if (i % 40 == 0) spec.access.consume = {"any"};
        registry.create(peer_of(daemon_uid), spec);
    }
    const control::RingsReply page = registry.list(peer_of(other_uid), {});
    EXPECT_THAT(names_of(page.rings), ElementsAre(numbered(0), numbered(40), numbered(80)));
    EXPECT_FALSE(page.has_more);
}

}  // namespace
}  // namespace ringview::server
