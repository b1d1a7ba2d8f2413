#include <chrono>
#include <optional>
#include <set>
#include <vector>

#include <gmock/gmock.h>
#include <ringview/ringview.hpp>

#include "group_fixture.hpp"
#include "support/error_matcher.hpp"
#include "support/thrown_error.hpp"

/// Consumers that compete for a ring's messages.
namespace ringview::test {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing_support::throws_error;

class Groups : public GroupTest {};

TEST_F(Groups, HandEachMessageToOneOfTheirMembers) {
    std::vector<Consumer<>> members;
    for (const char* name : {"a", "b", "c"}) members.push_back(member(name));
    publish(slots);
    std::set<std::uint64_t> positions;
    for (std::uint64_t i = 0; i < slots; ++i) {
        const Message<> message = members[i % 3].try_next();
        expect_message(message, i);
        positions.insert(message.position());
    }
    EXPECT_THAT(positions, SizeIs(slots));
    for (Consumer<>& each : members) EXPECT_EQ(each.try_next().error(), Error::empty);
    EXPECT_EQ(info_of("a").delivered, 6U);
    EXPECT_EQ(info_of("b").delivered, 5U);
    EXPECT_EQ(info_of("c").delivered, 5U);
    EXPECT_EQ(info().lag, 0U);
}

TEST_F(Groups, OfOneRingEachGetAllMessagesBesideItsOtherConsumers) {
    Consumer<> a = member("a", "one");
    Consumer<> b = member("b", "other");
    Consumer<> alone = client.consumer("ring", {.name = "alone"});
    publish(slots);
    for (std::uint64_t i = 0; i < slots; ++i) {
        expect_message(a.try_next(), i);
        expect_message(b.try_next(), i);
        expect_message(alone.try_next(), i);
    }
    publish(1);
    expect_message(b.try_next(), slots);
    expect_message(a.try_next(), slots);
}

TEST_F(Groups, SendTheLoadToWhoeverIsFree) {
    publish(1);
    const auto busy = holder("busy");  // never comes back from it
    Consumer<> free = member("free");
    for (std::uint64_t number = 1; number < slots; ++number) {
        publish(1);
        expect_message(free.next(patience), number);
    }
    EXPECT_EQ(producer->try_reserve().error(), Error::full) << "the message that is held keeps its slot";
    EXPECT_EQ(info_of("busy").delivered, 1U);
    EXPECT_EQ(info_of("busy").held, 1U);
    EXPECT_EQ(info_of("free").delivered, slots - 1);
    EXPECT_EQ(info().pos, 0U);
    EXPECT_EQ(info().next, slots);
}

TEST_F(Groups, HandOutBatchesThatShareNothing) {
    Consumer<> a = member("a");
    Consumer<> b = member("b");
    publish(10);
    const MessageBatch<> first = a.next(4, patience);
    const MessageBatch<> second = b.next(64, patience);
    ASSERT_EQ(first.size(), 4U);
    ASSERT_EQ(second.size(), 6U);
    for (std::uint64_t i = 0; i < 10; ++i) {
        const auto message = i < 4 ? first[i] : second[i - 4];
        EXPECT_EQ(message.position(), i);
        EXPECT_TRUE(is_numbered(message.bytes(), i));
        EXPECT_FALSE(message.is_redelivered());
    }
    EXPECT_EQ(info_of("a").held, 4U);
    EXPECT_EQ(a.try_next(3).error(), Error::empty);
    EXPECT_EQ(a.next(3, 1ms).error(), Error::empty);
}

TEST_F(Groups, BeginWhereTheirFirstMemberWishesAndCountWhatIsGone) {
    { Consumer<> reader = client.consumer("ring"); }
    publish(3 * slots);
    Consumer<> from = client.consumer("ring", {.name = "a", .start_position = 3 * slots - 2, .group = "late"});
    expect_message(from.try_next(), 3 * slots - 2);
    // Whoever comes later takes what is next, whatever it asks for.
    Consumer<> later = client.consumer("ring", {.name = "b", .start = Start::oldest, .group = "late"});
    expect_message(later.try_next(), 3 * slots - 1);

    Consumer<> early = client.consumer("ring", {.name = "c", .start_position = 5, .group = "early"});
    const Message<> first = early.try_next();
    ASSERT_TRUE(first);
    EXPECT_EQ(first.lost_before(), first.position() - 5);
    EXPECT_EQ(early.lost(), first.position() - 5);
    EXPECT_EQ(early.try_next().lost_before(), 0U);
    EXPECT_THAT(message_of(Error::invalid,
                           [&] { client.consumer("ring", {.start_position = published + 1, .group = "beyond"}); }),
                HasSubstr("above the head of ring ring, which is 48"));
    EXPECT_THAT(client.stat("ring").groups, SizeIs(2)) << "the one that was refused has left nothing";
}

TEST_F(Groups, EndWithTheirLastMemberAndFreeTheProducerThatWaitsForThem) {
    std::optional<Consumer<>> a = member("a");
    std::optional<Consumer<>> b = member("b");
    producer.reset();
    Child sleeper(helper("produce", {daemon.socket(), "ring", "100"}));
    wait_until("a producer that waits for the group", [&] { return is_producer_held_up_by(group); });
    a.reset();
    EXPECT_EQ(info().members, 1U);
    EXPECT_TRUE(is_producer_held_up_by(group));
    b.reset();
    EXPECT_EQ(sleeper.wait().code, 0);
    EXPECT_THAT(client.stat("ring").groups, IsEmpty());
    EXPECT_EQ(client.stat("ring").used, 0U);
}

TEST_F(Groups, EndWithTheirLastMemberAlsoWhereThatIsKilledWithMessagesInItsHands) {
    publish(3);
    const auto child = holder("held", 3);
    producer.reset();
    Child sleeper(helper("produce", {daemon.socket(), "ring", "100"}));
    wait_until("a producer that waits for the group", [&] { return is_producer_held_up_by(group); });
    child->kill();
    EXPECT_EQ(sleeper.wait().code, 0);
    EXPECT_THAT(client.stat("ring").groups, IsEmpty());
    EXPECT_THAT(client.stat("ring").consumers, IsEmpty());
}

TEST_F(Groups, ThatAreDurableKeepTheirMessagesWithNoMemberAndGoOn) {
    {
        Consumer<> first = member("first", group, true);
        publish(2);
        expect_message(first.try_next(), 0);
    }
    EXPECT_EQ(info().members, 0U);
    EXPECT_TRUE(info().durable);
    EXPECT_EQ(info().pos, 1U);
    producer.reset();
    Child sleeper(helper("produce", {daemon.socket(), "ring", "30"}));
    wait_until("a producer that waits for the group", [&] { return is_producer_held_up_by(group); });
    EXPECT_EQ(info().lag, slots);
    Consumer<> second = client.consumer("ring", {.name = "second", .start = Start::newest, .group = group});
    for (std::uint64_t number = 1; number < 32; ++number) EXPECT_EQ(second.next(patience).position(), number);
    EXPECT_EQ(sleeper.wait().code, 0);
    EXPECT_EQ(second.lost(), 0U);
    EXPECT_EQ(second.redelivered(), 0U);
}

TEST_F(Groups, AreDeclaredBeforeAnyMemberComesAndGivenUpWithWhatWaits) {
    EXPECT_TRUE(client.subscribe("ring", {.group = group}));
    EXPECT_FALSE(client.subscribe("ring", {.group = group}));
    publish(3);
    std::optional<Consumer<>> a = member("a");
    expect_message(a->try_next(), 0);
    EXPECT_THAT(message_of(Error::busy, [&] { client.unsubscribe("ring", group); }),
                AllOf(HasSubstr(group), HasSubstr("pid " + std::to_string(getpid()) + " (a)")));
    a.reset();
    producer.reset();
    Child sleeper(helper("produce", {daemon.socket(), "ring", "100"}));
    wait_until("a producer that waits for the group", [&] { return is_producer_held_up_by(group); });
    client.unsubscribe("ring", group);
    EXPECT_EQ(sleeper.wait().code, 0);
    EXPECT_THAT(client.stat("ring").groups, IsEmpty());
    EXPECT_THAT([&] { client.unsubscribe("ring", group); }, throws_error(Error::not_found, HasSubstr(group)));
}

TEST_F(Groups, FromTheSettingsAreThereFromTheStart) {
    Daemon configured(R"(
[[ring]]
name = "jobs"
slots = 4
[[ring.subscription]]
group = "workers"
)");
    Client there = configured.client();
    Producer<> jobs = there.producer("jobs");
    for (int i = 0; i < 4; ++i) jobs.try_reserve().publish();
    EXPECT_EQ(jobs.try_reserve().error(), Error::full);
    Consumer<> worker = there.consumer("jobs", {.group = "workers"});
    for (std::uint64_t i = 0; i < 4; ++i) EXPECT_EQ(worker.try_next().position(), i);
    EXPECT_TRUE(jobs.try_reserve());
}

TEST_F(Groups, WakeTheirSleepingMembersWhenTheRingIsRemoved) {
    std::vector<std::unique_ptr<Child>> sleepers;
    for (int i = 0; i < 3; ++i) {
        sleepers.push_back(std::make_unique<Child>(helper("sleep_in", {daemon.socket(), "ring", "next", group})));
        EXPECT_EQ(sleepers.back()->read_line(), "attached");
    }
    wait_until("members that sleep", [&] {
        const std::vector<ConsumerInfo> members = client.stat("ring").consumers;
        return std::all_of(members.begin(), members.end(), [](const auto& each) { return each.waiting; });
    });
    client.remove("ring");
    for (const auto& sleeper : sleepers) {
        EXPECT_EQ(sleeper->read_line(), make_error_code(Error::removed).message());
        EXPECT_EQ(sleeper->wait().code, 0);
    }
}

TEST_F(Groups, AreThirtyTwoAtMostInARing) {
    std::vector<Consumer<>> members;
    for (int i = 0; i < 32; ++i) members.push_back(member("member" + std::to_string(i), "group" + std::to_string(i)));
    EXPECT_THAT(message_of(Error::quota, [&] { member("a", "one-more"); }), HasSubstr("32 groups"));
    EXPECT_THAT(message_of(Error::quota, [&] { client.subscribe("ring", {.group = "one-more"}); }),
                HasSubstr("32 groups"));
    publish(1);
    for (Consumer<>& each : members) expect_message(each.try_next(), 0);
    members.pop_back();
    EXPECT_NO_THROW(member("a", "one-more"));
}

TEST_F(Groups, ShareTheNamesOfTheRingsSubscriptions) {
    Consumer<> alone = client.consumer("ring", {.name = "alone"});
    Consumer<> a = member("a");
    EXPECT_THAT(message_of(Error::exists, [&] { member("b", "alone"); }), HasSubstr("alone"));
    EXPECT_THAT(message_of(Error::exists, [&] { client.subscribe("ring", {.group = "alone"}); }), HasSubstr("alone"));
    EXPECT_THAT(message_of(Error::exists, [&] { client.consumer("ring", {.name = group}); }), HasSubstr(group));
    EXPECT_THAT(message_of(Error::exists, [&] { client.subscribe("ring", {.name = group}); }), HasSubstr(group));
    EXPECT_THAT(message_of(Error::exists, [&] { member("a"); }), HasSubstr("pid " + std::to_string(getpid())));
    EXPECT_THAT(message_of(Error::exists, [&] { member("own", "own"); }), HasSubstr("own"));
    EXPECT_THAT(message_of(Error::exists, [&] { member("b", group, true); }), HasSubstr("not durable"));
}

TEST_F(Groups, RefuseWhatTheyCannotDo) {
    client.create({.name = "strict", .slots = 4, .stall_timeout = 1s});
    const auto join = [&](const std::string& ring, Policy policy) {
        client.consumer(ring, {.policy = policy, .group = group});
    };
    EXPECT_THAT(message_of(Error::invalid, [&] { join("ring", Policy::lossy); }), HasSubstr("a group is lossless"));
    EXPECT_THAT(message_of(Error::unsupported, [&] { join("strict", Policy::lossless); }), HasSubstr("stall_timeout"));
    EXPECT_THAT(message_of(Error::unsupported, [&] { client.subscribe("strict", {.group = group}); }),
                HasSubstr("stall_timeout"));
    EXPECT_THAT(
        message_of(Error::invalid, [&] { client.subscribe("ring", {.policy = Policy::lossy, .group = group}); }),
        HasSubstr("a group is lossless"));
    Consumer<> a = member("a");
    EXPECT_THAT([&] { client.evict("ring", "a", Evict::by_force); }, throws_error(Error::unsupported));
    EXPECT_THAT([&] { client.evict("ring", group, Evict::by_force); }, throws_error(Error::unsupported));
    publish(1);
    EXPECT_EQ(a.try_latest().error(), Error::unsupported);
    EXPECT_EQ(a.latest().error(), Error::unsupported);
    EXPECT_EQ(a.latest(1ms).error(), Error::unsupported);
    expect_message(a.try_next(), 0);
}

}  // namespace
}  // namespace ringview::test
