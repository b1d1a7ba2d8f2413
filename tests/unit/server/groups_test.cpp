#include <string>

#include "groups_fixture.hpp"

namespace ringview::server {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing_support::throws_error;

class Groups : public GroupsTest {};

TEST_F(Groups, BeginWithTheirFirstMemberAndEndWithTheirLast) {
    const Place first = attach(10, member("one"));
    const Place second = attach(11, member("two"));
    EXPECT_EQ(first.reply().group, second.reply().group);
    EXPECT_EQ(group(), (GroupInfo{0, "workers", user_uid, false, 2, 0, 0, 0, {}}));
    ASSERT_THAT(info().consumers, SizeIs(2));
    EXPECT_EQ(info().consumers[1].name, "two");
    EXPECT_EQ(info().consumers[1].group, 0U);
    EXPECT_EQ(info().consumers[1].delivered, 0U);
    registry.detach(client(10).key, first.endpoint());
    EXPECT_EQ(group().members, 1U);
    registry.release_process(client(11).key);
    EXPECT_THAT(info().groups, IsEmpty());
    EXPECT_THAT(info().consumers, IsEmpty());
}

TEST_F(Groups, ThatAreDurableWaitForMembersAndHoldProducers) {
    const Place source = producer(9);
    registry.detach(client(10).key, attach(10, member("one", true)).endpoint());
    EXPECT_EQ(group(), (GroupInfo{0, "workers", user_uid, true, 0, 0, 0, 0, {}}));
    EXPECT_THAT(registry.rings_in_use(), ElementsAre("jobs")) << "by its producer";
    publish(source, 8);
    EXPECT_EQ(source.producer().try_reserve(), Error::full);
    EXPECT_EQ(info().used, 8U);
    const Place later = attach(11, member("two"));
    EXPECT_EQ(later.reply().position, 0U);
    ring::Received message;
    ring::ConsumerSide<> side = later.member();
    for (std::uint64_t i = 0; i < 8; ++i) {
        ASSERT_EQ(side.try_next(message), ok);
        EXPECT_EQ(message.position, i);
        side.release(message.position);
    }
}

TEST_F(Groups, CanBeDeclaredBeforeTheyHaveMembersAndAreGivenUpByName) {
    EXPECT_TRUE(registry.subscribe(peer_of(other_uid), declared()).created);
    EXPECT_FALSE(registry.subscribe(peer_of(user_uid), declared()).created);
    EXPECT_TRUE(group().durable);
    const auto give_up = [&](uid_t uid) { registry.unsubscribe(peer_of(uid), {"jobs", "workers"}); };
    {
        const Place one = attach(10, member("one"));
        EXPECT_THAT([&] { give_up(other_uid); },
                    throws_error(Error::busy, AllOf(HasSubstr("1 members"), HasSubstr("pid 10 (one)"))));
        registry.release_process(client(10).key);
    }
    EXPECT_THAT([&] { give_up(other_uid + 1); }, throws_error(Error::denied, HasSubstr("group workers")));
    EXPECT_NO_THROW(give_up(other_uid));
    EXPECT_THAT(info().groups, IsEmpty());
    EXPECT_THAT([&] { give_up(other_uid); }, throws_error(Error::not_found));
    EXPECT_TRUE(registry.subscribe(peer_of(other_uid), declared()).created);
    EXPECT_NO_THROW(give_up(user_uid)) << "has made the ring";
}

TEST_F(Groups, ThatEndFreeWhoeverWaitsForThem) {
    const Place source = producer(9);
    registry.subscribe(peer_of(user_uid), declared());
    publish(source, 8);
    auto side = source.producer();
    ASSERT_EQ(side.try_reserve(), Error::full);
    registry.unsubscribe(peer_of(user_uid), {"jobs", "workers"});
    EXPECT_EQ(side.try_reserve(), ok);
}

TEST_F(Groups, BeginWhereTheirFirstMemberOrTheirDeclarationSays) {
    const Place source = producer(9);
    publish(source, 6);
    control::AttachConsumerRequest oldest = member("one", false, "a");
    oldest.start = Start::oldest;
    EXPECT_EQ(attach(10, oldest).reply().position, 2U) << "where the history begins";
    control::AttachConsumerRequest newest = member("two", false, "b");
    newest.start = Start::newest;
    EXPECT_EQ(attach(10, newest).reply().position, 5U);
    control::AttachConsumerRequest fourth = member("three", false, "c");
    fourth.start_position = 4;
    EXPECT_EQ(attach(10, fourth).reply().position, 4U);
    control::AttachConsumerRequest ahead = member("four", false, "d");
    ahead.start_position = 7;
    EXPECT_THAT([&] { attach(10, ahead); }, throws_error(Error::invalid, HasSubstr("above the head")));
    ahead.group = "c";
    EXPECT_EQ(attach(10, ahead).reply().position, 4U) << "of those that come later it is passed over";
    control::SubscribeRequest declared_at = declared("e");
    declared_at.start_position = 3;
    EXPECT_EQ(registry.subscribe(peer_of(user_uid), declared_at).position, 3U);
    publish(source, 2);
    EXPECT_THAT(info().groups, SizeIs(4));
}

TEST_F(Groups, ThatBeginTooLateForTheirStartTellTheFirstMemberHowMuchIsLost) {
    const Place source = producer(9);
    publish(source, 20);
    control::AttachConsumerRequest early = member("one");
    early.start_position = 1;
    const Place place = attach(10, early);
    EXPECT_GT(place.reply().position, 1U);
    EXPECT_EQ(place.reply().lost, place.reply().position - 1);
    EXPECT_EQ(info().consumers.at(0).lost, place.reply().lost) << "stat tells what its consumer does";
    ring::Received message;
    ASSERT_EQ(place.member().try_next(message), ok);
    EXPECT_EQ(message.lost_before, place.reply().lost);
}

TEST_F(Groups, ShareTheirNamesWithSubscriptions) {
    const Place one = attach(10, member("one"));
    const auto attach_named = [&](const std::string& name) { attach(11, {"jobs", name}); };
    EXPECT_THAT([&] { attach_named("workers"); }, throws_error(Error::exists, HasSubstr("has a group workers")));
    EXPECT_THAT([&] { attach_named("one"); }, throws_error(Error::exists, HasSubstr("pid 10 (one)")));
    EXPECT_THAT([&] { attach(11, member("one")); }, throws_error(Error::exists, HasSubstr("pid 10 (one)")));
    EXPECT_THAT([&] { attach(11, member("two", false, "one")); },
                throws_error(Error::exists, HasSubstr("one, which is no group")));
    EXPECT_THAT([&] { attach(11, member("both", false, "both")); }, throws_error(Error::exists, HasSubstr("both")));
    EXPECT_THAT([&] { registry.subscribe(peer_of(user_uid), {"jobs", "workers"}); }, throws_error(Error::exists));
    EXPECT_THAT([&] { registry.subscribe(peer_of(user_uid), declared("one")); }, throws_error(Error::exists));
    EXPECT_THAT([&] { registry.subscribe(peer_of(user_uid), declared()); },
                throws_error(Error::exists, HasSubstr("not durable")));
    EXPECT_THAT([&] { attach(11, member("two", true)); }, throws_error(Error::exists, HasSubstr("not durable")));
    EXPECT_FALSE(registry.has_places(client(11).key));
}

TEST_F(Groups, MakeNamesForMembersThatHaveNone) {
    EXPECT_EQ(attach(10, member("")).reply().name, "consumer-10");
    EXPECT_EQ(attach(10, member("")).reply().name, "consumer-10-2");
    EXPECT_EQ(attach(11, member("x", false, "consumer-11")).reply().name, "x");
    EXPECT_EQ(attach(11, {"jobs", ""}).reply().name, "consumer-11-2");
    EXPECT_EQ(attach(12, member("", false, "consumer-12")).reply().name, "consumer-12-2") << "the group begins with it";
}

TEST_F(Groups, AreLosslessAndOnRingsWithoutAStallTimeout) {
    control::AttachConsumerRequest lossy = member("one");
    lossy.policy = Policy::lossy;
    EXPECT_THAT([&] { attach(10, lossy); }, throws_error(Error::invalid, HasSubstr("a group is lossless")));
    RingSpec spec = small_ring("stalling");
    spec.stall_timeout = 1s;
    registry.create(peer_of(user_uid), spec);
    control::AttachConsumerRequest stalling = member("one");
    stalling.ring = "stalling";
    EXPECT_THAT([&] { attach(10, stalling); }, throws_error(Error::unsupported, HasSubstr("stall_timeout")));
    control::SubscribeRequest declared_there = declared();
    declared_there.ring = "stalling";
    EXPECT_THAT([&] { registry.subscribe(peer_of(user_uid), declared_there); }, throws_error(Error::unsupported));
}

TEST_F(Groups, AreNotEvictedNorTheirMembers) {
    const Place one = attach(10, member("one"));
    const auto evict = [&](const std::string& name) { registry.evict(peer_of(user_uid), {"jobs", name, true}); };
    EXPECT_THAT([&] { evict("workers"); }, throws_error(Error::unsupported, HasSubstr("group workers")));
    EXPECT_THAT([&] { evict("one"); }, throws_error(Error::unsupported, HasSubstr("member of a group")));
}

TEST_F(Groups, AreThirtyTwoInARingAtMost) {
    for (unsigned i = 0; i < 32; ++i) registry.subscribe(peer_of(user_uid), declared("group-" + std::to_string(i)));
    EXPECT_THAT([&] { registry.subscribe(peer_of(user_uid), declared("another")); },
                throws_error(Error::quota, HasSubstr("32 groups")));
    EXPECT_THAT([&] { attach(10, member("one", false, "another")); }, throws_error(Error::quota));
    EXPECT_FALSE(registry.has_places(client(10).key));
    EXPECT_THAT(info().consumers, IsEmpty());
    EXPECT_NO_THROW(attach(10, member("one", false, "group-7")));
}

TEST_F(Groups, HaveMembersWhereThereIsAPlaceForASubscription) {
    for (unsigned i = 0; i < 64; ++i) registry.subscribe(peer_of(user_uid), {"jobs", "sub-" + std::to_string(i)});
    EXPECT_THAT([&] { attach(10, member("one")); }, throws_error(Error::quota, HasSubstr("64 subscriptions")));
    EXPECT_THAT(info().groups, IsEmpty()) << "nothing is left of it";
}

TEST_F(Groups, HaveNamesAsSubscriptionsDo) {
    EXPECT_THAT([&] { attach(10, member("one", false, "two words")); },
                throws_error(Error::invalid, HasSubstr("the group name")));
    EXPECT_THAT([&] { registry.subscribe(peer_of(user_uid), declared("two words")); }, throws_error(Error::invalid));
    control::SubscribeRequest both = declared();
    both.name = "one";
    EXPECT_THAT([&] { registry.subscribe(peer_of(user_uid), both); },
                throws_error(Error::invalid, HasSubstr("without members")));
}

TEST_F(Groups, AreInTheSegmentForALaterDaemon) {
    registry.subscribe(peer_of(user_uid), declared("first"));
    const Place one = attach(10, member("one", true));
    const layout::WritableRing<> memory = one.memory();
    const auto& record = memory.group_record(1);
    EXPECT_EQ(std::string(record.name.data(), record.name_bytes), "workers");
    EXPECT_EQ(record.state.load(), static_cast<std::uint32_t>(layout::MemberState::active));
    EXPECT_EQ(record.flags, static_cast<std::uint32_t>(layout::member_durable));
    EXPECT_EQ(record.uid, user_uid);
    EXPECT_EQ(record.members.load(), 1U);
    EXPECT_EQ(memory.group_record(0).state.load(), static_cast<std::uint32_t>(layout::MemberState::away));
    const auto& subscription = memory.subscription_record(0);
    EXPECT_EQ(subscription.group, 2U);
    EXPECT_EQ(subscription.flags, static_cast<std::uint32_t>(layout::member_of_group));
    registry.release_process(client(10).key);
    EXPECT_EQ(record.state.load(), static_cast<std::uint32_t>(layout::MemberState::away));
    EXPECT_EQ(subscription.state.load(), static_cast<std::uint32_t>(layout::MemberState::free));
    registry.unsubscribe(peer_of(user_uid), {"jobs", "workers"});
    EXPECT_EQ(record.state.load(), static_cast<std::uint32_t>(layout::MemberState::free));
}

}  // namespace
}  // namespace ringview::server
