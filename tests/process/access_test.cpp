#include <sys/stat.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <ringview/ringview.hpp>

#include "support/daemon.hpp"

namespace ringview::test {
namespace {

using testing::HasSubstr;

constexpr const char* other_user = "54321";
constexpr const char* other_group = "54322";
constexpr const char* third_group = "54323";

/// A daemon of root, and a helper as somebody else.
class Access : public testing::Test {
 protected:
    void SetUp() override {
        if (geteuid() != 0) GTEST_SKIP() << "only root can start a program as another user";
        daemon.emplace("[daemon]\nsocket_mode = 0o666\n");
    }

    std::string rights_of(const std::vector<std::string>& identity, const AccessLists& access) {
        Client client = daemon->client();
        client.create({.name = "ring", .access = access});
        Child asker(helper("rights", {daemon->socket(), "ring"}), identity);
        const Ended ended = asker.wait();
        EXPECT_EQ(ended.code, 0) << ended.errors;
        if (ended.output.find("manage yes") == std::string::npos) client.remove("ring");
        return ended.output;
    }

    const std::vector<std::string> stranger{"--reuid", other_user, "--regid", other_group, "--clear-groups"};
    const std::vector<std::string> with_group{"--reuid", other_user, "--regid", other_group, "--groups", third_group};
    std::optional<Daemon> daemon;
};

TEST_F(Access, IsDeniedToAStrangerWhoDoesNotEvenSeeTheRing) {
    EXPECT_EQ(rights_of(stranger, {}),
              "sees no, stat not_found, produce not_found, consume not_found, manage not_found\n");
}

TEST_F(Access, IsGivenByUidForEachRightAlone) {
    const std::string uid = std::string("uid:") + other_user;
    EXPECT_EQ(rights_of(stranger, {.produce = {uid}}),
              "sees yes, stat yes, produce yes, consume denied, manage denied\n");
    EXPECT_EQ(rights_of(stranger, {.consume = {uid}}),
              "sees yes, stat yes, produce denied, consume yes, manage denied\n");
    EXPECT_EQ(rights_of(stranger, {.manage = {uid}}),
              "sees yes, stat yes, produce denied, consume denied, manage yes\n");
}

TEST_F(Access, IsGivenByGroupAlsoByASupplementaryOne) {
    EXPECT_THAT(rights_of(stranger, {.consume = {std::string("gid:") + other_group}}), HasSubstr("consume yes"));
    EXPECT_THAT(rights_of(with_group, {.consume = {std::string("gid:") + third_group}}), HasSubstr("consume yes"));
    EXPECT_THAT(rights_of(stranger, {.consume = {std::string("gid:") + third_group}}), HasSubstr("sees no"));
}

TEST_F(Access, IsGivenToAny) {
    EXPECT_EQ(rights_of(stranger, {.produce = {"any"}, .consume = {"any"}, .manage = {"any"}}),
              "sees yes, stat yes, produce yes, consume yes, manage yes\n");
}

TEST_F(Access, IsNotGivenToASocketOfTheDaemonsOwnUserOnly) {
    Daemon closed;
    Child stranger_there(helper("rights", {closed.socket(), "ring"}), stranger);
    const Ended ended = stranger_there.wait();
    EXPECT_EQ(ended.code, 1);
    EXPECT_THAT(ended.errors, HasSubstr("no right to connect to " + closed.socket()));
    EXPECT_THAT(ended.errors, HasSubstr("socket_mode"));
    EXPECT_THAT(ended.errors, testing::Not(HasSubstr("start one")));
}

TEST_F(Access, IsReadOnlyForAConsumerOfAnotherUserAsWell) {
    Client client = daemon->client();
    client.create({.name = "ring", .access = {.consume = {"any"}}});
    Producer<> producer = client.producer("ring");
    producer.reserve().publish();
    Child consumer(helper("write_through_view", {daemon->socket(), "ring"}), stranger);
    EXPECT_EQ(consumer.read_line(), "writes");
    EXPECT_NE(consumer.wait().code, 0);
}

TEST_F(Access, AsAProducerLetsDataCrossUsers) {
    Client client = daemon->client();
    client.create({.name = "ring", .shape = {-1}, .slots = 8, .slot_bytes = 64, .access = {.produce = {"any"}}});
    Child consumer(helper("consume", {daemon->socket(), "ring", "root", "1000", "64"}));
    EXPECT_EQ(consumer.read_line(), "attached");
    Child producer(helper("produce", {daemon->socket(), "ring", "1000"}), stranger);
    EXPECT_EQ(producer.wait().code, 0);
    EXPECT_EQ(consumer.wait().code, 0);
}

}  // namespace
}  // namespace ringview::test
