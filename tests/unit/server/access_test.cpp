#include "access.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/error_matcher.hpp"

namespace ringview::server::access_test {
namespace {

using testing::HasSubstr;
using testing_support::throws_error;

constexpr uid_t daemon_uid = 999;
constexpr uid_t creator = 1000;
constexpr Peer stranger{1001, 2001, {}};

bool may(const AccessLists& lists, const Peer& peer, Right right) {
    return is_allowed(make_rules(lists, creator), daemon_uid, peer, right);
}

TEST(Access, WithoutListsTheCreatorMayDoEverythingAndNobodyElseAnything) {
    for (const Right right : {Right::produce, Right::consume, Right::manage}) {
        EXPECT_TRUE(may({}, {creator, 2000, {}}, right));
        EXPECT_FALSE(may({}, stranger, right));
        // The creator's group is not the creator.
        EXPECT_FALSE(may({}, {1001, creator, {creator}}, right));
    }
}

TEST(Access, RootAndTheDaemonsUserMayDoEverything) {
    const AccessLists nobody_real{{"uid:77"}, {"uid:77"}, {"uid:77"}};
    for (const Right right : {Right::produce, Right::consume, Right::manage}) {
        EXPECT_TRUE(may(nobody_real, {0, 0, {}}, right));
        EXPECT_TRUE(may(nobody_real, {daemon_uid, 2001, {}}, right));
    }
}

TEST(Access, AListTakesTheCreatorsPlace) {
    const AccessLists lists{{"uid:1001"}, {}, {}};
    EXPECT_TRUE(may(lists, stranger, Right::produce));
    EXPECT_FALSE(may(lists, {creator, 2000, {}}, Right::produce));
    EXPECT_TRUE(may(lists, {creator, 2000, {}}, Right::consume));
}

TEST(Access, EachRightHasItsOwnList) {
    const AccessLists lists{{"uid:1"}, {"uid:2"}, {"uid:3"}};
    const auto rights_of = [&](uid_t uid) {
        const Peer peer{uid, 2000, {}};
        return std::vector<bool>{may(lists, peer, Right::produce), may(lists, peer, Right::consume),
                                 may(lists, peer, Right::manage)};
    };
    EXPECT_EQ(rights_of(1), (std::vector<bool>{true, false, false}));
    EXPECT_EQ(rights_of(2), (std::vector<bool>{false, true, false}));
    EXPECT_EQ(rights_of(3), (std::vector<bool>{false, false, true}));
}

TEST(Access, AGroupMatchesThePrimaryAndTheSupplementaryGroups) {
    const AccessLists lists{{}, {"gid:44"}, {}};
    EXPECT_TRUE(may(lists, {1001, 44, {}}, Right::consume));
    EXPECT_TRUE(may(lists, {1001, 2001, {7, 44}}, Right::consume));
    EXPECT_FALSE(may(lists, {44, 2001, {45}}, Right::consume));
}

TEST(Access, AnyMatchesEverybody) {
    EXPECT_TRUE(may({{}, {"any"}, {}}, stranger, Right::consume));
    EXPECT_FALSE(may({{}, {"any"}, {}}, stranger, Right::produce));
}

TEST(Access, OneMatchingEntryOfSeveralIsEnough) {
    const AccessLists lists{{"uid:5", "gid:6", "uid:1001"}, {}, {}};
    EXPECT_TRUE(may(lists, stranger, Right::produce));
    EXPECT_TRUE(may(lists, {7, 6, {}}, Right::produce));
    EXPECT_FALSE(may(lists, {7, 7, {}}, Right::produce));
}

TEST(Access, NamesAreThoseOfTheSystem) {
    const AccessRules rules = make_rules({{"user:root"}, {"group:root"}, {}}, creator);
    EXPECT_EQ(rules.produce.uids, std::vector<uid_t>{0});
    EXPECT_EQ(rules.consume.gids, std::vector<gid_t>{0});
}

TEST(Access, AnEntryThatMeansNobodyIsRefusedAndNamed) {
    const auto refused = [](const std::string& entry, const char* why) {
        EXPECT_THAT(
            [&] {
                make_rules({{}, {}, {entry}}, creator);
            },
            throws_error(Error::invalid, testing::AllOf(HasSubstr("\"" + entry + "\""), HasSubstr(why))));
    };
    refused("user:no-such-user-here", "names no user");
    refused("group:no-such-group-here", "names no group");
    refused("user:", "names no user");
    for (const char* entry : {"uid", "uid:", "uid:-1", "uid:1x", "uid: 1", "uid:4294967296", "gid:root"})
        refused(entry, "has no number");
    for (const char* entry : {"", "root", "Any", "any:", "users:root", ":1"}) refused(entry, "has no known form");
}

TEST(Access, AListHasAtMost64Entries) {
    EXPECT_NO_THROW(make_rules({std::vector<std::string>(64, "uid:1"), {}, {}}, creator));
    EXPECT_THAT(
        [] {
            make_rules({std::vector<std::string>(65, "uid:1"), {}, {}}, creator);
        },
        throws_error(Error::invalid, HasSubstr("65 entries, at most 64")));
}

}  // namespace
}  // namespace ringview::server::access_test
