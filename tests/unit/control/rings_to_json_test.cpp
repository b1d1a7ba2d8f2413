#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ringview/control/codec.hpp>

namespace ringview::control {
namespace {

namespace json = boost::json;
using Keys = std::vector<std::string>;

Keys keys_of(const json::value& object) {
    Keys keys;
    for (const auto& member : object.as_object()) keys.emplace_back(member.key());
    return keys;
}

/// The keys that others build on, in their order; more may follow.
void expect_begins_with(const Keys& keys, const Keys& expected) {
    ASSERT_GE(keys.size(), expected.size());
    EXPECT_EQ(Keys(keys.begin(), keys.begin() + static_cast<std::ptrdiff_t>(expected.size())), expected);
}

RingInfo sample() {
    RingInfo info;
    info.name = "camera/front";
    info.format = "B";
    info.shape = {480, 640, 3};
    info.slots = 16;
    info.slot_bytes = 921600;
    info.bytes = 14820352;
    info.head = 12;
    info.used = 3;
    info.published = 11;
    info.producers.push_back({7, 4711, 1000, "grabber", true, 11, 2, "recorder"});
    info.producers.push_back({8, 4713, 1000, "second", true, 0, 0, "", 3});
    info.consumers.push_back({"recorder", 4712, 1001, Policy::lossless, false, true, 9, 3, 4, 1, true, 5, true, 1500});
    info.memory = MemoryInfo{Backend::memfd, 2097152, 4194304, 8192, 4096, 12288, {{3, 8192}}, "no more"};
    return info;
}

json::value printed(bool with_members) {
    return json::parse(rings_to_json({sample()}, with_members));
}

TEST(RingsToJson, HasTheKeysThatScriptsRelyOn) {
    const json::value all = printed(true);
    EXPECT_EQ(keys_of(all), Keys{"rings"});
    const json::value& ring = all.at("rings").at(0);
    expect_begins_with(keys_of(ring), {"name", "format", "shape", "slots", "slot_bytes", "bytes", "head", "used",
                                       "published", "producers", "consumers"});
    expect_begins_with(keys_of(ring.at("producers").at(0)), {"id", "pid", "uid", "name", "alive", "published", "full"});
    expect_begins_with(keys_of(ring.at("consumers").at(0)),
                       {"name", "pid", "uid", "policy", "durable", "alive", "pos", "lag", "lost", "held", "waiting"});
}

TEST(RingsToJson, PutsEachValueUnderItsKey) {
    const json::value ring = printed(true).at("rings").at(0);
    EXPECT_EQ(ring.at("name"), "camera/front");
    EXPECT_EQ(ring.at("format"), "B");
    EXPECT_EQ(ring.at("shape"), (json::array{480, 640, 3}));
    EXPECT_EQ(ring.at("slots"), 16);
    EXPECT_EQ(ring.at("slot_bytes"), 921600);
    EXPECT_EQ(ring.at("bytes"), 14820352);
    EXPECT_EQ(ring.at("head"), 12);
    EXPECT_EQ(ring.at("used"), 3);
    EXPECT_EQ(ring.at("published"), 11);
    const json::value& producer = ring.at("producers").at(0);
    EXPECT_EQ(producer.at("id"), 7);
    EXPECT_EQ(producer.at("pid"), 4711);
    EXPECT_EQ(producer.at("uid"), 1000);
    EXPECT_EQ(producer.at("name"), "grabber");
    EXPECT_EQ(producer.at("alive"), true);
    EXPECT_EQ(producer.at("published"), 11);
    EXPECT_EQ(producer.at("full"), 2);
    EXPECT_EQ(producer.at("waits_for"), "recorder");
    EXPECT_FALSE(producer.as_object().contains("claimed")) << "of one that waits for nobody only";
    const json::value& other = ring.at("producers").at(1);
    EXPECT_EQ(other.at("waits_for"), "");
    EXPECT_EQ(other.at("claimed"), 3);
    const json::value& consumer = ring.at("consumers").at(0);
    EXPECT_EQ(consumer.at("name"), "recorder");
    EXPECT_EQ(consumer.at("pid"), 4712);
    EXPECT_EQ(consumer.at("uid"), 1001);
    EXPECT_EQ(consumer.at("policy"), "lossless");
    EXPECT_EQ(consumer.at("durable"), false);
    EXPECT_EQ(consumer.at("alive"), true);
    EXPECT_EQ(consumer.at("pos"), 9);
    EXPECT_EQ(consumer.at("lag"), 3);
    EXPECT_EQ(consumer.at("lost"), 4);
    EXPECT_EQ(consumer.at("held"), 1);
    EXPECT_EQ(consumer.at("waiting"), true);
    EXPECT_EQ(consumer.at("skipped"), 5);
    EXPECT_EQ(consumer.at("evicted"), true);
    EXPECT_EQ(consumer.at("lag_ns"), 1500);
}

TEST(RingsToJson, TellsTheMemoryThatWasGot) {
    EXPECT_EQ(json::serialize(printed(true).at("rings").at(0).at("memory")),
              R"({"backend":"memfd","page_bytes":2097152,"huge_bytes":4194304,"prefaulted_bytes":8192,)"
              R"("locked_bytes":4096,"swapped_bytes":12288,"nodes":[{"node":3,"bytes":8192}],"note":"no more"})");
}

TEST(RingsToJson, LeavesTheMembersOutWhereTheyWereNotAskedFor) {
    RingInfo info = sample();
    info.memory.reset();
    const json::value ring = json::parse(rings_to_json({info}, false)).at("rings").at(0);
    EXPECT_EQ(keys_of(ring), (Keys{"name", "format", "shape", "slots", "slot_bytes", "bytes", "head", "used",
                                   "published", "tombstones"}));
}

TEST(RingsToJson, PrintsAnEmptyListWhereThereAreNoRings) {
    EXPECT_EQ(rings_to_json({}, true), R"({"rings":[]})");
}

}  // namespace
}  // namespace ringview::control
