#include <array>
#include <set>
#include <vector>

#include "groups_fixture.hpp"

/// What becomes of the messages and places of members that die, as the registry has it.
namespace ringview::server {
namespace {

using testing::HasSubstr;
using testing::SizeIs;
using testing_support::throws_error;

class GroupDeaths : public GroupsTest {};

TEST_F(GroupDeaths, HandTheMessagesOfAMemberThatDiesToTheOthersAndThenFreeItsPlace) {
    const Place source = producer(9);
    const Place first = attach(10, member("one"));
    const Place second = attach(11, member("two"));
    publish(source, 3);
    ring::Received message;
    ring::ConsumerSide<> dead = first.member();
    ASSERT_EQ(dead.try_next(message), ok);
    ASSERT_EQ(dead.try_next(message), ok);
    dead.release(message.position);
    registry.release_process(client(10).key);
    ASSERT_THAT(info().consumers, SizeIs(1)) << "its name is gone at once";
    EXPECT_EQ(group(), (GroupInfo{0, "workers", user_uid, false, 1, 2, 0, 3, {}, 1, 1}));
    EXPECT_FALSE(registry.settle_members()) << "its message waits for the other";

    ring::ConsumerSide<> other = second.member();
    ASSERT_EQ(other.try_next(message), ok);
    EXPECT_EQ(message.position, 0U);
    EXPECT_TRUE(message.is_redelivered);
    other.release(message.position);
    EXPECT_TRUE(registry.settle_members());
    ASSERT_EQ(other.try_next(message), ok);
    EXPECT_EQ(message.position, 2U);
    other.release(message.position);
    EXPECT_EQ(other.try_next(message), Error::empty);
    EXPECT_EQ(group().pos, 3U);
    EXPECT_EQ(info().consumers[0].delivered, 2U);
    EXPECT_EQ(info().consumers[0].redelivered, 1U);
}

TEST_F(GroupDeaths, HaveTheirDeadMembersPlacesBackWhenTheyAreNeeded) {
    const Place source = producer(9);
    const Place survivor = attach(10, member("survivor"));
    ring::ConsumerSide<> takes = survivor.member();
    for (pid_t pid = 100; pid < 300; ++pid) {
        const Place dead = attach(pid, member("dead"));
        publish(source, 1);
        ring::Received message;
        ASSERT_EQ(dead.member().try_next(message), ok);
        registry.release_process(client(pid).key);
        ASSERT_EQ(takes.try_next(message), ok);
        ASSERT_TRUE(message.is_redelivered);
        takes.release(message.position);
    }
    EXPECT_EQ(group().members, 1U);
}

TEST_F(GroupDeaths, ThatAreDurableOutliveManyMembersThatDieOneAfterAnother) {
    constexpr std::uint64_t messages = 128;
    RingSpec spec = small_ring("long");
    spec.slots = 2 * messages;
    registry.create(peer_of(user_uid), spec);
    const Place source{registry.attach_producer(client(9), {"long", {}}), platform::Access::read_write};
    const auto join = [&](pid_t pid) {
        control::AttachConsumerRequest request = member("worker", true);
        request.ring = "long";
        return attach(pid, request);
    };
    registry.subscribe(peer_of(user_uid), {"long", {}, Policy::lossless, Start::next, {}, "workers"});
    publish(source, messages);
    for (pid_t pid = 100; pid < 102; ++pid) {
        std::array<ring::Received, 64> batch{};
        std::size_t count = 0;
        const Place crashes = join(pid);
        ASSERT_EQ(crashes.member().try_next_batch(batch, count), ok);
        registry.release_process(client(pid).key);
    }
    ring::Received message;
    for (pid_t pid = 200; pid < 400; ++pid) {
        const Place crashes = join(pid);
        ASSERT_EQ(crashes.member().try_next(message), ok) << pid;
        registry.release_process(client(pid).key);
    }
    const Place survivor = join(400);
    ring::ConsumerSide<> side = survivor.member();
    std::set<layout::Position> seen;
    while (side.try_next(message) == ok) {
        EXPECT_TRUE(seen.insert(message.position).second) << message.position;
        side.release(message.position);
    }
    EXPECT_THAT(seen, SizeIs(messages));
    EXPECT_EQ(stat_of(registry, "long").groups.at(0).pos, messages);
    EXPECT_TRUE(registry.settle_members());
}

TEST_F(GroupDeaths, SayWhereTheirDeadMembersTakeAllPlaces) {
    RingSpec spec = small_ring("long");
    spec.slots = 256;
    registry.create(peer_of(user_uid), spec);
    const Place source{registry.attach_producer(client(9), {"long", {}}), platform::Access::read_write};
    const auto join = [&](pid_t pid) {
        control::AttachConsumerRequest request = member("");
        request.ring = "long";
        return attach(pid, request);
    };
    const Place busy = join(10);
    publish(source, 128);
    ring::Received message;
    const Place first = join(99);
    std::array<ring::Received, 64> batch{};
    std::size_t count = 0;
    ASSERT_EQ(first.member().try_next_batch(batch, count), ok);
    registry.release_process(client(99).key);
    for (pid_t pid = 100; pid < 162; ++pid) {
        const Place crashes = join(pid);
        ASSERT_EQ(crashes.member().try_next(message), ok) << pid;
        registry.release_process(client(pid).key);
    }
    EXPECT_THAT([&] { join(200); }, throws_error(Error::quota, HasSubstr("63 are members of groups that are gone")));
    const auto long_group = [&] { return stat_of(registry, "long").groups.at(0); };
    EXPECT_EQ(long_group().gone, 63U);
    EXPECT_EQ(long_group().left_behind, 64U) << "each of those that died has taken over one of the first";
    ring::ConsumerSide<> takes = busy.member();
    for (int i = 0; i < 2; ++i) {
        ASSERT_EQ(takes.try_next(message), ok);
        EXPECT_TRUE(message.is_redelivered);
    }
    EXPECT_EQ(long_group().gone, 62U);
    EXPECT_EQ(long_group().left_behind, 62U);
    EXPECT_NO_THROW(join(200)) << "all that one of them left is taken";
}

TEST_F(GroupDeaths, ThatAreDurableKeepWhatTheirLastMemberHad) {
    const Place source = producer(9);
    {
        const Place only = attach(10, member("one", true));
        publish(source, 2);
        ring::Received message;
        ring::ConsumerSide<> side = only.member();
        ASSERT_EQ(side.try_next(message), ok);
        registry.release_process(client(10).key);
    }
    EXPECT_TRUE(registry.settle_members()) << "nobody is there who could take it: nothing to look for";
    const Place later = attach(11, member("one"));
    ring::ConsumerSide<> side = later.member();
    std::vector<std::uint64_t> positions;
    for (unsigned i = 0; i < 2; ++i) {
        ring::Received message;
        ASSERT_EQ(side.try_next(message), ok);
        positions.push_back(message.position);
        EXPECT_EQ(message.is_redelivered, message.position == 0);
        side.release(message.position);
    }
    EXPECT_THAT(positions, testing::UnorderedElementsAre(0, 1));
    EXPECT_TRUE(registry.settle_members());
}

}  // namespace
}  // namespace ringview::server
