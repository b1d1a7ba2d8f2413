#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <ringview/control/ring_name.hpp>

#include "support/error_matcher.hpp"

namespace ringview::control {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::SizeIs;
using testing_support::throws_error;

constexpr std::string_view ring_characters = "abcdefghijklmnopqrstuvwxyz0123456789._/-";
constexpr std::string_view instance_characters = "abcdefghijklmnopqrstuvwxyz0123456789_-";

bool is_ring_name(const std::string& name) {
    try {
        check_ring_name(name);
        return true;
    } catch (const Error&) {
        return false;
    }
}

/// Names that differ little from each other, in the characters that a segment's name treats in its own way.
std::string any_ring_name() {
    const auto text = rc::gen::container<std::string>(rc::gen::elementOf(std::string("a./-_sl")));
    return *rc::gen::suchThat(
        rc::gen::map(text, [](const std::string& name) { return name.substr(0, max_ring_name_bytes); }), is_ring_name);
}

TEST(RingName, HasOneTo128CharactersOfTheAlphabet) {
    EXPECT_NO_THROW(check_ring_name("a"));
    EXPECT_NO_THROW(check_ring_name(std::string(max_ring_name_bytes, 'z')));
    EXPECT_NO_THROW(check_ring_name("camera/front-left_0.raw"));
    const auto refused = throws_error(Error::invalid, HasSubstr("1 to 128 characters of [a-z0-9._/-]"));
    EXPECT_THAT([] { check_ring_name(""); }, refused);
    EXPECT_THAT([] { check_ring_name(std::string(max_ring_name_bytes + 1, 'z')); }, refused);
    for (int c = 0; c < 256; ++c) {
        const std::string name{'a', static_cast<char>(c), 'a'};
        EXPECT_EQ(is_ring_name(name), c != 0 && ring_characters.find(static_cast<char>(c)) != std::string_view::npos)
            << c;
    }
}

TEST(RingName, HasNoEmptyOrDottedPartBetweenSlashes) {
    for (const char* name : {"/", "/a", "a/", "a//b", ".", "..", "./a", "a/.", "a/../b", "a/.."}) {
        EXPECT_THAT([&] { check_ring_name(name); },
                    throws_error(Error::invalid, AllOf(HasSubstr(name), HasSubstr("parts between slashes"))));
    }
    for (const char* name : {"...", ".a", "a.", "a/..b", "a/...", "-", "_"}) EXPECT_NO_THROW(check_ring_name(name));
}

TEST(RingName, IsShownInPartWhereItIsLong) {
    EXPECT_THAT([] { check_ring_name(std::string(60000, 'A')); },
                throws_error(Error::invalid, SizeIs(testing::Lt(400U))));
}

TEST(MemberName, HasOneTo64PrintableCharactersNoSpaceAndNothingThatJsonEscapes) {
    EXPECT_NO_THROW(check_member_name("pricer", "subscription"));
    EXPECT_NO_THROW(check_member_name(std::string(max_member_name_bytes, '~'), "producer"));
    const auto refused = throws_error(
        Error::invalid, AllOf(HasSubstr("the subscription name"), HasSubstr("1 to 64 printable ASCII characters")));
    for (const std::string& name : {std::string(), std::string(max_member_name_bytes + 1, 'a'), std::string("a b"),
                                    std::string("a\n"), std::string("a\"b"), std::string("a\\b"), std::string("\x7f"),
                                    std::string("\xc3\xa4"), std::string("a\0", 2)}) {
        EXPECT_THAT([&] { check_member_name(name, "subscription"); }, refused) << name;
    }
}

TEST(InstanceName, HasOneTo32CharactersOfTheAlphabet) {
    EXPECT_NO_THROW(check_instance(std::string(max_instance_bytes, 'a')));
    for (int c = 1; c < 256; ++c) {
        const std::string name(1, static_cast<char>(c));
        if (instance_characters.find(name) != std::string_view::npos) {
            EXPECT_NO_THROW(check_instance(name));
        } else {
            EXPECT_THAT([&] { check_instance(name); }, throws_error(Error::invalid, HasSubstr("[a-z0-9_-]"))) << c;
        }
    }
    EXPECT_THAT([] { check_instance(""); }, throws_error(Error::invalid));
    EXPECT_THAT([] { check_instance(std::string(max_instance_bytes + 1, 'a')); }, throws_error(Error::invalid));
}

TEST(SegmentName, IsAFileNameOfAtMost255BytesForTheLongestNames) {
    const std::string instance(max_instance_bytes, 'i');
    std::string ring;
    while (ring.size() < max_ring_name_bytes) ring += "r/";
    ring.back() = 'r';
    check_ring_name(ring);
    for (const SegmentRole role : {SegmentRole::slots, SegmentRole::cursors}) {
        const std::string name = segment_name(instance, ring, role);
        EXPECT_LE(name.size(), 255U);
        EXPECT_EQ(name.find('/'), std::string::npos);
        EXPECT_EQ(ring_of_segment(instance, name), ring);
    }
}

TEST(SegmentName, IsThatOfTheDocumentation) {
    EXPECT_EQ(segment_name("default", "camera/front", SegmentRole::slots), "ringview.default.camera+front.slots");
    EXPECT_EQ(segment_name("default", "camera/front", SegmentRole::cursors), "ringview.default.camera+front.cursors");
}

RC_GTEST_PROP(SegmentName, LeadsBackToItsRing, ()) {
    const std::string ring = any_ring_name();
    const auto role = *rc::gen::element(SegmentRole::slots, SegmentRole::cursors);
    RC_ASSERT(ring_of_segment("demo", segment_name("demo", ring, role)) == ring);
}

RC_GTEST_PROP(SegmentName, IsSharedByNoTwoRingsRolesOrInstances, ()) {
    std::set<std::string> names;
    std::size_t expected = 0;
    const std::set<std::string> rings{any_ring_name(), any_ring_name(), "a.slots", "a", "a.cursors.slots", "a/slots"};
    for (const char* instance : {"a", "b", "a-b"}) {
        for (const std::string& ring : rings) {
            names.insert(segment_name(instance, ring, SegmentRole::slots));
            names.insert(segment_name(instance, ring, SegmentRole::cursors));
            expected += 2;
        }
    }
    RC_ASSERT(names.size() == expected);
}

TEST(SegmentName, OfAnotherInstanceOrProgramIsNoRing) {
    EXPECT_EQ(ring_of_segment("a", "ringview.b.quotes.slots"), std::nullopt);
    EXPECT_EQ(ring_of_segment("a", "ringview.ab.quotes.slots"), std::nullopt);
    EXPECT_EQ(ring_of_segment("a", "ringview.a.quotes"), std::nullopt);
    EXPECT_EQ(ring_of_segment("a", "ringview.a.lock"), std::nullopt);
    EXPECT_EQ(ring_of_segment("a", "ringview.a..slots"), std::nullopt);
    EXPECT_EQ(ring_of_segment("a", "ringview.a.slots"), std::nullopt);
    EXPECT_EQ(ring_of_segment("a", "pulse-shm-1"), std::nullopt);
}

TEST(InstanceOfSocket, IsAValidNameOfItsOwnForEverySocket) {
    EXPECT_EQ(instance_of_socket("/run/ringview/ringview.sock"), "default");
    std::set<std::string> instances;
    for (int i = 0; i < 1000; ++i) {
        const std::string instance = instance_of_socket("/tmp/ringview-" + std::to_string(i) + "/ringview.sock");
        EXPECT_NO_THROW(check_instance(instance)) << instance;
        instances.insert(instance);
    }
    EXPECT_EQ(instances.size(), 1000U);
}

TEST(InstanceOfSocket, IsTheDocumentedHashOfThePath) {
    // FNV-1a of "a", from the published test vectors: a daemon of another build must find the same segments.
    EXPECT_EQ(instance_of_socket("a"), "saf63dc4c8601ec8c");
    EXPECT_EQ(instance_of_socket("foobar"), "s85944171f73967e8");
}

}  // namespace
}  // namespace ringview::control
