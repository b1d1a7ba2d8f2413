#include <unistd.h>

#include <gmock/gmock.h>
#include <ringview/ringview.hpp>

#include "support/daemon.hpp"

namespace ringview::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;

class Rings : public testing::Test {
 protected:
    Error error_of(const std::function<void()>& call) {
        try {
            call();
        } catch (const Error& error) {
            return error;
        }
        ADD_FAILURE() << "no error";
        return {Error::system, ""};
    }

    Daemon daemon;
    Client client = daemon.client();
};

TEST_F(Rings, AreMadeOnceForEqualSpecs) {
    const RingSpec spec{.name = "camera", .shape = {480, 640, 3}, .slots = 4};
    EXPECT_TRUE(client.create(spec));
    EXPECT_FALSE(client.create(spec));
    RingSpec spelt_out = spec;
    spelt_out.history = 2;
    spelt_out.slot_bytes = std::uint64_t{480} * 640 * 3;
    EXPECT_FALSE(daemon.client().create(spelt_out)) << "defaults that are spelt out are the same spec";
}

TEST_F(Rings, OfAnotherSpecAreRefusedNamingEveryDifference) {
    client.create({.name = "ring", .format = "<d", .shape = {4}, .slots = 8});
    const Error error = error_of([&] { client.create({.name = "ring", .format = "<f", .shape = {8}, .slots = 16}); });
    EXPECT_EQ(error.code(), Error::exists);
    EXPECT_THAT(error.message(),
                AllOf(HasSubstr("format is <d, <f was asked for"), HasSubstr("shape is (4), (8) was asked for"),
                      HasSubstr("slots is 8, 16 was asked for")));
    EXPECT_THAT(error.message(), testing::Not(HasSubstr("alignment")));
    EXPECT_THAT(error.hint(), HasSubstr("ringview rm ring"));
}

TEST_F(Rings, OfImpossibleSpecsAreRefusedWithTheReason) {
    const auto message_of = [&](const RingSpec& spec) { return error_of([&] { client.create(spec); }).message(); };
    EXPECT_THAT(message_of({.name = "A"}), HasSubstr("[a-z0-9._/-]"));
    EXPECT_THAT(message_of({.name = std::string(129, 'a')}), HasSubstr("1 to 128 characters"));
    EXPECT_THAT(message_of({.name = "a/../b"}), HasSubstr("must not be empty"));
    EXPECT_THAT(message_of({.name = "a", .slots = 3}), HasSubstr("3"));
    EXPECT_THAT(message_of({.name = "a", .slots = 0}), HasSubstr("0"));
    EXPECT_THAT(message_of({.name = "a", .format = "T{"}), HasSubstr("format is malformed"));
    EXPECT_THAT(message_of({.name = "a", .shape = {4, -1}}), HasSubstr("not positive"));
    EXPECT_THAT(message_of({.name = "a", .shape = {-1}}), HasSubstr("slot_bytes must say"));
    EXPECT_THAT(message_of({.name = "a", .shape = {10}, .slot_bytes = 9}), HasSubstr("slot_bytes is 9"));
    EXPECT_THAT(message_of({.name = "a", .slots = 4, .history = 4}), HasSubstr("history"));
    EXPECT_THAT(message_of({.name = "a", .access = {.consume = {"user:no-such-user"}}}), HasSubstr("no-such-user"));
    EXPECT_THAT(client.rings(), IsEmpty());
}

TEST_F(Rings, ThatDoNotExistAreNotFound) {
    EXPECT_EQ(error_of([&] { client.producer("none"); }).code(), Error::not_found);
    EXPECT_EQ(error_of([&] { client.consumer("none"); }).code(), Error::not_found);
    EXPECT_EQ(error_of([&] { client.stat("none"); }).code(), Error::not_found);
    EXPECT_EQ(error_of([&] { client.remove("none"); }).code(), Error::not_found);
}

TEST_F(Rings, AreListedByNameAcrossPages) {
    for (int i = 99; i >= 0; --i) client.create({.name = "r" + std::to_string(100 + i), .slots = 2});
    const std::vector<RingInfo> rings = client.rings();
    ASSERT_EQ(rings.size(), 100U);
    for (std::size_t i = 0; i < rings.size(); ++i) EXPECT_EQ(rings[i].name, "r" + std::to_string(100 + i));
    EXPECT_EQ(client.stat().size(), 100U);
}

TEST_F(Rings, ShowWhoIsAttachedAndHowFarEachIs) {
    client.create({.name = "ring", .slots = 8});
    Producer<> producer = client.producer("ring", {.name = "writer"});
    Consumer<> consumer = client.consumer("ring", {.name = "reader"});
    for (int i = 0; i < 5; ++i) producer.reserve().publish();
    const Message<> first = consumer.next();
    Message<> second = consumer.next();
    second.release();

    const RingInfo info = client.stat("ring");
    EXPECT_EQ(info.head, 5U);
    EXPECT_EQ(info.published, 5U);
    EXPECT_EQ(info.used, 5U) << "the first one is still held";
    ASSERT_EQ(info.producers.size(), 1U);
    EXPECT_EQ(info.producers[0].name, "writer");
    EXPECT_EQ(info.producers[0].pid, getpid());
    EXPECT_EQ(info.producers[0].uid, geteuid());
    EXPECT_EQ(info.producers[0].published, 5U);
    EXPECT_TRUE(info.producers[0].alive);
    ASSERT_EQ(info.consumers.size(), 1U);
    EXPECT_EQ(info.consumers[0].name, "reader");
    EXPECT_EQ(info.consumers[0].pid, getpid());
    EXPECT_EQ(info.consumers[0].pos, 0U);
    EXPECT_EQ(info.consumers[0].lag, 5U);
    EXPECT_EQ(info.consumers[0].held, 2U) << "positions 0 and 1: the second was released out of order";
    EXPECT_EQ(consumer.lag(), 3U);
    EXPECT_THAT(client.rings(),
                ElementsAre(AllOf(Field(&RingInfo::producers, IsEmpty()), Field(&RingInfo::consumers, IsEmpty()))));
}

TEST_F(Rings, HaveOneProducerAndNameItToTheSecond) {
    client.create({.name = "ring"});
    Child holder(helper("idle_producer", {daemon.socket(), "ring"}));
    holder.read_line();
    const Error error = error_of([&] { client.producer("ring"); });
    EXPECT_EQ(error.code(), Error::busy);
    EXPECT_THAT(error.message(), HasSubstr("pid " + std::to_string(holder.pid())));
    EXPECT_EQ(error.hint(), "end that process, or write to another ring");
    holder.kill();
    wait_until("the dead producer's place", [&] { return client.stat("ring").producers.empty(); });
    EXPECT_NO_THROW(client.producer("ring"));
}

TEST_F(Rings, TakeSixtyFourSubscriptionsAndRefuseTheNext) {
    client.create({.name = "ring"});
    std::vector<Consumer<>> consumers;
    consumers.reserve(64);
    for (int i = 0; i < 64; ++i) consumers.push_back(client.consumer("ring", {.name = "c" + std::to_string(i)}));
    const Error error = error_of([&] { client.consumer("ring"); });
    EXPECT_EQ(error.code(), Error::quota);
    EXPECT_THAT(error.message(), HasSubstr("64 subscriptions"));
    EXPECT_EQ(client.stat("ring").consumers.size(), 64U);
    consumers.erase(consumers.begin() + 10);
    EXPECT_NO_THROW(client.consumer("ring"));
}

TEST_F(Rings, RefuseASubscriptionNameThatIsInUse) {
    client.create({.name = "ring"});
    const Consumer<> first = client.consumer("ring", {.name = "one"});
    const Error error = error_of([&] { client.consumer("ring", {.name = "one"}); });
    EXPECT_EQ(error.code(), Error::exists);
    EXPECT_THAT(error.message(), HasSubstr("pid " + std::to_string(getpid())));
}

TEST(ClientOfNoDaemon, SaysWhereItLookedAndHowToStartOne) {
    const platform::TemporaryDirectory directory;
    const std::string path = directory.path() + "/none.sock";
    try {
        Client::connect({.socket = path});
        ADD_FAILURE() << "connected to nobody";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Error::no_daemon);
        EXPECT_THAT(error.message(), HasSubstr(path));
        EXPECT_THAT(error.hint(), HasSubstr("ringviewd --socket PATH"));
    }
}

TEST_F(Rings, AreReachedAgainByTheSameClientAfterARestart) {
    client.create({.name = "before"});
    daemon.stop();
    EXPECT_EQ(error_of([&] { client.rings(); }).code(), Error::no_daemon);
    daemon.start();
    EXPECT_THAT(client.rings(), IsEmpty());
    EXPECT_TRUE(client.create({.name = "after"}));
}

}  // namespace
}  // namespace ringview::test
