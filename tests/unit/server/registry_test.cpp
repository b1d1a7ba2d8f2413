#include <fcntl.h>

#include "registry_fixture.hpp"

namespace ringview::server {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing_support::throws_error;

int access_mode(const platform::UniqueFd& fd) {
    return fcntl(fd.get(), F_GETFL) & O_ACCMODE;
}

TEST_F(RegistryTest, MakesTwoSegmentsOfTheDocumentedNames) {
    Registry registry = make();
    EXPECT_TRUE(registry.create(peer_of(user_uid), small_ring("camera/front")));
    EXPECT_THAT(segments(), ElementsAre("ringview." + instance() + ".camera+front.cursors",
                                        "ringview." + instance() + ".camera+front.slots"));
}

TEST_F(RegistryTest, ReturnsAnEqualRingAndRefusesAnotherSayingWhatDiffers) {
    Registry registry = make();
    registry.create(peer_of(user_uid), small_ring("quotes"));
    EXPECT_FALSE(registry.create(peer_of(user_uid), small_ring("quotes")));
    RingSpec larger = small_ring("quotes");
    larger.slots = 4;
    EXPECT_THAT([&] { registry.create(peer_of(user_uid), larger); },
                throws_error(Error::exists, HasSubstr("slots is 2, 4 was asked for")));
    EXPECT_EQ(stat_of(registry, "quotes").slots, 2U);
}

TEST_F(RegistryTest, LeavesNothingOfARingThatCannotBeMade) {
    Registry registry = make();
    RingSpec spec = small_ring("quotes");
    spec.access.consume = {"user:no-such-user-here"};
    EXPECT_THAT([&] { registry.create(peer_of(user_uid), spec); }, throws_error(Error::invalid));
    spec = small_ring("quotes");
    spec.slots = 3;
    EXPECT_THAT([&] { registry.create(peer_of(user_uid), spec); }, throws_error(Error::invalid));
    EXPECT_THAT(segments(), IsEmpty());
    EXPECT_THAT(registry.list(peer_of(daemon_uid), {}).rings, IsEmpty());
}

TEST_F(RegistryTest, RemovesTheSegmentsWithTheRing) {
    Registry registry = make();
    registry.create(peer_of(user_uid), small_ring("quotes"));
    registry.remove(peer_of(user_uid), "quotes");
    EXPECT_THAT(segments(), IsEmpty());
    EXPECT_THAT([&] { registry.remove(peer_of(user_uid), "quotes"); }, throws_error(Error::not_found));
}

TEST_F(RegistryTest, FreesTheNameOfARemovedRingThatStillHasMembers) {
    Registry registry = make();
    registry.create(peer_of(user_uid), small_ring("quotes"));
    registry.attach_consumer(client(10), {"quotes", "old"});
    registry.remove(peer_of(user_uid), "quotes");
    EXPECT_THAT(segments(), IsEmpty());
    EXPECT_TRUE(registry.create(peer_of(user_uid), small_ring("quotes")));
    EXPECT_THAT(stat_of(registry, "quotes").consumers, IsEmpty());

    // The end of the removed ring's last member does not touch the ring that has its name now.
    registry.release_process(client(10).key);
    EXPECT_THAT(segments(), SizeIs(2));
    EXPECT_NO_THROW(registry.attach_consumer(client(11), {"quotes", "new"}));
}

TEST_F(RegistryTest, GivesAProducerBothSegmentsToWriteAndAConsumerTheSlotsToRead) {
    Registry registry = make();
    registry.create(peer_of(user_uid), small_ring("quotes"));
    const Registry::Attached producer = registry.attach_producer(client(10), {"quotes", ""});
    EXPECT_EQ(access_mode(producer.fds[0]), O_RDWR);
    EXPECT_EQ(access_mode(producer.fds[1]), O_RDWR);
    const Registry::Attached consumer = registry.attach_consumer(client(11), {"quotes", ""});
    EXPECT_EQ(access_mode(consumer.fds[0]), O_RDONLY);
    EXPECT_EQ(access_mode(consumer.fds[1]), O_RDWR);
}

TEST_F(RegistryTest, MakesUpNamesForWhoeverGivesNone) {
    Registry registry = make();
    registry.create(peer_of(user_uid), small_ring("quotes"));
    EXPECT_EQ(registry.attach_producer(client(10), {"quotes", ""}).reply.name, "producer-10");
    EXPECT_EQ(registry.attach_consumer(client(11), {"quotes", ""}).reply.name, "consumer-11");
    EXPECT_EQ(registry.attach_consumer(client(11), {"quotes", ""}).reply.name, "consumer-11-2");
}

TEST_F(RegistryTest, ShowsWhoIsAttached) {
    Registry registry = make();
    RingSpec spec = small_ring("quotes");
    spec.access = {{"any"}, {"any"}, {}};
    registry.create(peer_of(user_uid), spec);
    registry.attach_producer(client(10), {"quotes", "feed"});
    registry.attach_consumer(client(11, other_uid), {"quotes", "pricer"});
    const RingInfo info = stat_of(registry, "quotes");
    EXPECT_THAT(info.producers, ElementsAre(ProducerInfo{0, 10, user_uid, "feed", true, 0, 0, "", 0}));
    EXPECT_THAT(info.consumers,
                ElementsAre(ConsumerInfo{"pricer", 11, other_uid, Policy::lossless, false, true, 0, 0, 0, 0, false}));
    EXPECT_GT(info.bytes, 0U);
}

TEST_F(RegistryTest, NamesWhoHasThePlaceThatIsAskedFor) {
    Registry registry = make();
    registry.create(peer_of(user_uid), small_ring("quotes"));
    registry.attach_producer(client(10), {"quotes", "feed"});
    EXPECT_THAT(
        [&] {
            registry.attach_producer(client(11), {"quotes", ""});
        },
        throws_error(Error::busy, HasSubstr("pid 10 (feed)")));
    registry.attach_consumer(client(12), {"quotes", "pricer"});
    EXPECT_THAT(
        [&] {
            registry.attach_consumer(client(13), {"quotes", "pricer"});
        },
        throws_error(Error::exists, AllOf(HasSubstr("pricer"), HasSubstr("pid 12"))));
}

TEST_F(RegistryTest, RefusesNamesThatNoMemberCanHave) {
    Registry registry = make();
    registry.create(peer_of(user_uid), small_ring("quotes"));
    EXPECT_THAT(
        [&] {
            registry.attach_producer(client(10), {"quotes", "a b"});
        },
        throws_error(Error::invalid, HasSubstr("producer name")));
    EXPECT_THAT(
        [&] {
            registry.attach_consumer(client(10), {"quotes", std::string(65, 'a')});
        },
        throws_error(Error::invalid, HasSubstr("subscription name")));
    EXPECT_FALSE(registry.has_places(client(10).key));
}

TEST_F(RegistryTest, ADetachedPlaceIsFreeForTheNext) {
    Registry registry = make();
    registry.create(peer_of(user_uid), small_ring("quotes"));
    const auto producer = registry.attach_producer(client(10), {"quotes", ""}).reply.endpoint;
    const auto consumer = registry.attach_consumer(client(10), {"quotes", "pricer"}).reply.endpoint;
    EXPECT_NE(producer, consumer);
    registry.detach(client(10).key, producer);
    registry.detach(client(10).key, consumer);
    EXPECT_FALSE(registry.has_places(client(10).key));
    EXPECT_THAT([&] { registry.detach(client(10).key, producer); }, throws_error(Error::not_found));
    EXPECT_NO_THROW(registry.attach_producer(client(11), {"quotes", ""}));
    EXPECT_NO_THROW(registry.attach_consumer(client(11), {"quotes", "pricer"}));
}

TEST_F(RegistryTest, APlaceOfAnotherProcessCannotBeDetached) {
    Registry registry = make();
    registry.create(peer_of(user_uid), small_ring("quotes"));
    const auto endpoint = registry.attach_consumer(client(10), {"quotes", "pricer"}).reply.endpoint;
    ProcessKey same_pid_later = client(10).key;
    ++same_pid_later.start_time_ticks;
    ProcessKey unseen_pid = client(10).key;
    unseen_pid.serial = 7;
    for (const ProcessKey& key : {client(11).key, same_pid_later, unseen_pid}) {
        EXPECT_THAT([&] { registry.detach(key, endpoint); },
                    throws_error(Error::not_found, HasSubstr("no endpoint " + std::to_string(endpoint))));
    }
    EXPECT_THAT(stat_of(registry, "quotes").consumers, SizeIs(1));
}

TEST_F(RegistryTest, ReleasingAProcessFreesAllItsPlacesAndNoOthers) {
    Registry registry = make();
    for (const char* ring : {"a", "b"}) {
        registry.create(peer_of(user_uid), small_ring(ring));
        registry.attach_producer(client(10), {ring, ""});
        registry.attach_consumer(client(10), {ring, "mine"});
        registry.attach_consumer(client(11), {ring, "theirs"});
    }
    EXPECT_EQ(registry.release_process(client(10).key), 4U);
    EXPECT_EQ(registry.release_process(client(10).key), 0U);
    EXPECT_FALSE(registry.has_places(client(10).key));
    EXPECT_TRUE(registry.has_places(client(11).key));
    for (const char* ring : {"a", "b"}) {
        const RingInfo info = stat_of(registry, ring);
        EXPECT_THAT(info.producers, IsEmpty());
        ASSERT_THAT(info.consumers, SizeIs(1));
        EXPECT_EQ(info.consumers[0].name, "theirs");
        EXPECT_NO_THROW(registry.attach_producer(client(12), {ring, ""}));
    }
}

TEST_F(RegistryTest, GoesWithTheRingsNobodyIsAttachedToAndLeavesTheOthers) {
    {
        Registry registry = make();
        registry.create(peer_of(user_uid), small_ring("idle"));
        registry.create(peer_of(user_uid), small_ring("busy"));
        registry.attach_consumer(client(10), {"busy", ""});
        EXPECT_THAT(registry.rings_in_use(), ElementsAre("busy"));
    }
    EXPECT_THAT(segments(), ElementsAre(HasSubstr(".busy.cursors"), HasSubstr(".busy.slots")));
}

TEST_F(RegistryTest, ForAStrangerARingDoesNotExist) {
    Registry registry = make();
    registry.create(peer_of(user_uid), small_ring("secret"));
    const Peer stranger = peer_of(other_uid);
    EXPECT_THAT(registry.list(stranger, {}).rings, IsEmpty());
    EXPECT_THAT(registry.stat(stranger, {}).rings, IsEmpty());
    const auto absent = throws_error(Error::not_found, HasSubstr("there is no ring secret"));
    EXPECT_THAT([&] { registry.stat(stranger, {{}, "secret"}); }, absent);
    EXPECT_THAT([&] { registry.attach_producer(client(10, other_uid), {"secret", ""}); }, absent);
    EXPECT_THAT([&] { registry.attach_consumer(client(10, other_uid), {"secret", ""}); }, absent);
    EXPECT_THAT([&] { registry.remove(stranger, "secret"); }, absent);
    RingSpec other = small_ring("secret");
    other.slots = 8;
    // That the name is taken cannot be hidden; nothing else is told.
    EXPECT_THAT([&] { registry.create(stranger, other); }, throws_error(Error::exists, Not(HasSubstr("slots"))));
    EXPECT_THAT([&] { registry.create(stranger, small_ring("secret")); }, throws_error(Error::exists));
}

TEST_F(RegistryTest, WhoeverHasOneRightSeesTheRingAndIsDeniedTheOthers) {
    Registry registry = make();
    RingSpec spec = small_ring("quotes");
    spec.access.consume = {"uid:" + std::to_string(other_uid)};
    registry.create(peer_of(user_uid), spec);
    EXPECT_THAT(names_of(registry.list(peer_of(other_uid), {}).rings), ElementsAre("quotes"));
    EXPECT_NO_THROW(registry.attach_consumer(client(10, other_uid), {"quotes", ""}));
    EXPECT_THAT(
        [&] {
            registry.attach_producer(client(10, other_uid), {"quotes", ""});
        },
        throws_error(Error::denied, HasSubstr("uid 1001 may not produce into ring quotes")));
    EXPECT_THAT([&] { registry.remove(peer_of(other_uid), "quotes"); },
                throws_error(Error::denied, HasSubstr("may not manage ring quotes")));
    EXPECT_NO_THROW(registry.remove(peer_of(0), "quotes"));
}

}  // namespace
}  // namespace ringview::server
