#include "registry_fixture.hpp"

namespace ringview::server {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing_support::throws_error;

class DurableSubscriptions : public RegistryTest {
 protected:
    DurableSubscriptions() {
        RingSpec spec = small_ring("quotes");
        spec.access = {{"any"}, {"any"}, {}};
        registry.create(peer_of(user_uid), spec);
    }

    static control::AttachConsumerRequest durable(Policy policy = Policy::lossless,
                                                  const std::string& name = "archive") {
        return {"quotes", name, policy, Start::next, true, {}};
    }
    std::uint64_t attach(pid_t pid, const control::AttachConsumerRequest& request, uid_t uid = user_uid) {
        return registry.attach_consumer(client(pid, uid), request).reply.endpoint;
    }
    ConsumerInfo info() const { return stat_of(registry, "quotes").consumers.at(0); }

    Registry registry = make();
};

TEST_F(DurableSubscriptions, StayWhenTheirConsumerDetachesOrDies) {
    registry.detach(client(10).key, attach(10, durable()));
    EXPECT_EQ(info(), (ConsumerInfo{"archive", 0, user_uid, Policy::lossless, true, false, 0, 0, 0, 0, false, 0}));
    attach(11, durable());
    EXPECT_TRUE(info().alive);
    EXPECT_EQ(info().pid, 11);
    registry.release_process(client(11).key);
    EXPECT_FALSE(info().alive);
    EXPECT_TRUE(info().durable);
}

TEST_F(DurableSubscriptions, AreFoundByNameAlone) {
    registry.detach(client(10).key, attach(10, durable()));
    const auto endpoint = attach(11, {"quotes", "archive"});
    EXPECT_THAT(stat_of(registry, "quotes").consumers, SizeIs(1));
    registry.detach(client(11).key, endpoint);
    EXPECT_THAT(stat_of(registry, "quotes").consumers, SizeIs(1)) << "it stays durable";
}

TEST_F(DurableSubscriptions, HaveOneConsumerAtATime) {
    attach(10, durable());
    EXPECT_THAT([&] { attach(11, durable()); },
                throws_error(Error::exists, AllOf(HasSubstr("archive"), HasSubstr("pid 10"))));
    EXPECT_FALSE(registry.has_places(client(11).key));
}

TEST_F(DurableSubscriptions, RefuseAConsumerOfAnotherPolicyAndSayBoth) {
    registry.detach(client(10).key, attach(10, durable(Policy::lossy)));
    EXPECT_THAT([&] { attach(11, durable(Policy::lossless)); },
                throws_error(Error::exists, HasSubstr("archive that is lossy; lossless was asked for")));
    EXPECT_FALSE(info().alive);
    EXPECT_NO_THROW(attach(11, durable(Policy::lossy)));
}

TEST_F(DurableSubscriptions, NeedAName) {
    EXPECT_THAT([&] { attach(10, durable(Policy::lossless, "")); },
                throws_error(Error::invalid, HasSubstr("needs a name")));
    EXPECT_THAT([&] { registry.subscribe(peer_of(user_uid), {"quotes", ""}); }, throws_error(Error::invalid));
    EXPECT_THAT(stat_of(registry, "quotes").consumers, IsEmpty());
}

TEST_F(DurableSubscriptions, CanBeDeclaredBeforeTheyAreUsed) {
    EXPECT_TRUE(registry.subscribe(peer_of(user_uid), {"quotes", "archive", Policy::lossy}).created);
    EXPECT_FALSE(registry.subscribe(peer_of(user_uid), {"quotes", "archive", Policy::lossy}).created);
    EXPECT_EQ(info(), (ConsumerInfo{"archive", 0, user_uid, Policy::lossy, true, false, 0, 0, 0, 0, false, 0}));
    EXPECT_THAT(
        [&] {
            registry.subscribe(peer_of(user_uid), {"quotes", "archive", Policy::lossless});
        },
        throws_error(Error::exists, HasSubstr("is lossy; lossless was asked for")));
    attach(10, {"quotes", "passing"});
    EXPECT_THAT(
        [&] {
            registry.subscribe(peer_of(user_uid), {"quotes", "passing"});
        },
        throws_error(Error::exists, HasSubstr("pid 10 (passing)")));
    EXPECT_THAT(
        [&] {
            registry.subscribe(peer_of(user_uid), {"quotes", "late", Policy::lossless, Start::next, 1});
        },
        throws_error(Error::invalid, HasSubstr("above the head")));
    EXPECT_THAT([&] { registry.subscribe(peer_of(user_uid), {"trades", "archive"}); }, throws_error(Error::not_found));
}

TEST_F(DurableSubscriptions, AreGivenUpWhileNobodyIsAttached) {
    const auto endpoint = attach(10, durable());
    EXPECT_THAT(
        [&] {
            registry.unsubscribe(peer_of(user_uid), {"quotes", "archive"});
        },
        throws_error(Error::busy, HasSubstr("pid 10 (archive)")));
    registry.detach(client(10).key, endpoint);
    registry.unsubscribe(peer_of(user_uid), {"quotes", "archive"});
    EXPECT_THAT(stat_of(registry, "quotes").consumers, IsEmpty());
    EXPECT_THAT(
        [&] {
            registry.unsubscribe(peer_of(user_uid), {"quotes", "archive"});
        },
        throws_error(Error::not_found, HasSubstr("no durable subscription or group archive")));
    attach(10, {"quotes", "passing"});
    EXPECT_THAT(
        [&] {
            registry.unsubscribe(peer_of(user_uid), {"quotes", "passing"});
        },
        throws_error(Error::not_found));
}

TEST_F(DurableSubscriptions, AreGivenUpByWhoDeclaredThemAndByWhoMayManageTheRing) {
    const auto unsubscribe = [&](uid_t uid) { registry.unsubscribe(peer_of(uid), {"quotes", "archive"}); };
    registry.subscribe(peer_of(other_uid), {"quotes", "archive"});
    EXPECT_THAT([&] { unsubscribe(other_uid + 1); },
                throws_error(Error::denied, HasSubstr("which uid 1001 has declared")));
    EXPECT_NO_THROW(unsubscribe(other_uid));
    registry.subscribe(peer_of(other_uid), {"quotes", "archive"});
    EXPECT_NO_THROW(unsubscribe(user_uid)) << "has made the ring";
}

TEST_F(DurableSubscriptions, OfAnotherUserAreAttachedToByWhoeverMayConsume) {
    registry.subscribe(peer_of(daemon_uid), {"quotes", "archive"});
    EXPECT_EQ(info().uid, daemon_uid);
    attach(10, {"quotes", "archive"}, other_uid);
    EXPECT_EQ(info().uid, other_uid);
    registry.release_process(client(10).key);
    EXPECT_EQ(info().uid, daemon_uid);
}

TEST_F(DurableSubscriptions, OfWhichNobodyIsAttachedDoNotKeepARingInUse) {
    registry.subscribe(peer_of(user_uid), {"quotes", "archive"});
    EXPECT_THAT(registry.rings_in_use(), IsEmpty());
}

}  // namespace
}  // namespace ringview::server
