#include "stale_segments.hpp"

#include <ringview/layout/segment_header.hpp>
#include <ringview/platform/child_process.hpp>

#include "registry_fixture.hpp"
#include "support/few_descriptors.hpp"

namespace ringview::server {
namespace {

using test::FewDescriptors;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing_support::TestInstance;
using testing_support::throws_error;

ClientProcess process_of(const platform::ProcessIdentity& identity) {
    return {{identity.pid, identity.start_time_ticks, 0}, identity, peer_of(user_uid)};
}

ClientProcess living() {
    return process_of(platform::self_identity());
}

ClientProcess dead() {
    platform::ChildProcess child({"/bin/sleep", "60"});
    const platform::ProcessIdentity identity = platform::identity_of(child.pid()).value();
    child.send_signal(SIGKILL);
    child.wait();
    return process_of(identity);
}

/// A ring as a daemon leaves it that is killed while these have places in it.
void leave_ring(const std::string& instance, const std::string& ring, const std::vector<ClientProcess>& consumers) {
    Registry registry(instance, {}, daemon_uid, true);
    registry.create(peer_of(user_uid), small_ring(ring));
    for (const ClientProcess& consumer : consumers) registry.attach_consumer(consumer, {ring, ""});
}

/// Its slots segment, to be damaged.
platform::Mapping mapped_slots(const std::string& instance, const std::string& ring) {
    const platform::UniqueFd fd = platform::open_segment(
        control::segment_name(instance, ring, control::SegmentRole::slots), platform::Access::read_write);
    return {fd.get(), static_cast<std::size_t>(platform::file_bytes(fd.get())), platform::Access::read_write};
}

TEST(StaleSegments, OfDeadMembersAreRemoved) {
    const TestInstance instance;
    leave_ring(instance.name(), "a/b", {dead(), dead()});
    ASSERT_THAT(instance.segments(), SizeIs(2));
    const std::vector<StaleRing> stale = clear_stale_segments(instance.name());
    ASSERT_THAT(stale, SizeIs(1));
    EXPECT_EQ(stale[0].name, "a/b");
    EXPECT_TRUE(stale[0].is_removed);
    EXPECT_THAT(instance.segments(), IsEmpty());
}

TEST(StaleSegments, WithOnlyAwaySubscriptionsAndDeadMembersAreRemoved) {
    const TestInstance instance;
    {
        Registry registry(instance.name(), {}, daemon_uid, true);
        registry.create(peer_of(user_uid), small_ring("quotes"));
        registry.subscribe(peer_of(user_uid), {"quotes", "archive"});
        registry.attach_consumer(dead(), {"quotes", ""});
    }
    EXPECT_THAT(instance.segments(), SizeIs(2));
    EXPECT_TRUE(clear_stale_ring(instance.name(), "quotes").is_removed);
}

TEST(StaleSegments, OfAnEvictedConsumerThatLivesAreLeftAlone) {
    const TestInstance instance;
    {
        Registry registry(instance.name(), {}, daemon_uid, true);
        registry.create(peer_of(user_uid), small_ring("quotes"));
        registry.attach_consumer(living(), {"quotes", "slow"});
        registry.evict(peer_of(user_uid), {"quotes", "slow", true});
    }
    EXPECT_THAT(clear_stale_ring(instance.name(), "quotes").users, ElementsAre(living().identity.pid));
}

TEST(StaleSegments, OfALivingMemberAreLeftAloneAndReported) {
    const TestInstance instance;
    leave_ring(instance.name(), "quotes", {dead(), living(), living()});
    const std::vector<StaleRing> stale = clear_stale_segments(instance.name());
    ASSERT_THAT(stale, SizeIs(1));
    EXPECT_FALSE(stale[0].is_removed);
    EXPECT_THAT(stale[0].users, ElementsAre(platform::current_pid()));
    EXPECT_THAT(instance.segments(), SizeIs(2));
}

TEST(StaleSegments, OfAProcessWhosePidWasReusedAreRemoved) {
    const TestInstance instance;
    ClientProcess predecessor = living();
    --predecessor.identity.start_time_ticks;
    leave_ring(instance.name(), "quotes", {predecessor});
    EXPECT_TRUE(clear_stale_ring(instance.name(), "quotes").is_removed);
}

TEST(StaleSegments, OfAMemberWhosePidWasNeverVisibleAreLeftAlone) {
    const TestInstance instance;
    leave_ring(instance.name(), "quotes", {process_of({})});
    EXPECT_FALSE(clear_stale_ring(instance.name(), "quotes").is_removed);
    EXPECT_THAT(instance.segments(), SizeIs(2));
}

TEST(StaleSegments, OfAMemberThatHasLeftAreRemoved) {
    const TestInstance instance;
    {
        Registry registry(instance.name(), {}, daemon_uid, true);
        registry.create(peer_of(user_uid), small_ring("quotes"));
        registry.detach(living().key, registry.attach_consumer(living(), {"quotes", ""}).reply.endpoint);
        registry.attach_producer(dead(), {"quotes", ""});
    }
    EXPECT_TRUE(clear_stale_ring(instance.name(), "quotes").is_removed);
}

TEST(StaleSegments, HalfMadeAreRemoved) {
    const TestInstance instance;
    platform::create_segment(control::segment_name(instance.name(), "slots-only", control::SegmentRole::slots), 65536);
    platform::create_segment(control::segment_name(instance.name(), "cursors-only", control::SegmentRole::cursors),
                             100);
    platform::create_segment(control::segment_name(instance.name(), "both-tiny", control::SegmentRole::slots), 1);
    platform::create_segment(control::segment_name(instance.name(), "both-tiny", control::SegmentRole::cursors), 1);
    EXPECT_THAT(clear_stale_segments(instance.name()), SizeIs(3));
    EXPECT_THAT(instance.segments(), IsEmpty());
}

TEST(StaleSegments, DamagedAreRemovedAlthoughAMemberLives) {
    const TestInstance instance;
    leave_ring(instance.name(), "quotes", {living()});
    mapped_slots(instance.name(), "quotes").data()[offsetof(layout::SlotsHeader, slot_count)] ^= std::byte{1};
    EXPECT_TRUE(clear_stale_ring(instance.name(), "quotes").is_removed);
    EXPECT_THAT(instance.segments(), IsEmpty());
}

TEST(StaleSegments, OfAnotherFormatVersionAreRemoved) {
    const TestInstance instance;
    leave_ring(instance.name(), "quotes", {dead()});
    mapped_slots(instance.name(), "quotes").data()[offsetof(layout::SegmentPreamble, version_major)] ^= std::byte{2};
    EXPECT_TRUE(clear_stale_ring(instance.name(), "quotes").is_removed);
}

TEST(StaleSegments, ThatCannotBeLookedAtAreLeftAlone) {
    const TestInstance instance;
    leave_ring(instance.name(), "quotes", {living()});
    StaleRing stale;
    {
        const FewDescriptors none(0);
        stale = clear_stale_ring(instance.name(), "quotes");
    }
    EXPECT_FALSE(stale.is_removed);
    EXPECT_THAT(stale.obstacle, HasSubstr("Too many open files"));
    EXPECT_THAT(instance.segments(), SizeIs(2));
}

TEST(StaleSegments, OfAnotherInstanceAreNotTouched) {
    const TestInstance ours;
    const TestInstance other;
    leave_ring(other.name(), "quotes", {dead()});
    EXPECT_THAT(clear_stale_segments(ours.name()), IsEmpty());
    // An instance whose name begins like another's is another.
    EXPECT_THAT(clear_stale_segments(other.name().substr(0, other.name().size() - 1)), IsEmpty());
    EXPECT_THAT(other.segments(), SizeIs(2));
}

TEST(StaleSegments, WithoutARingThereIsNothingInTheWay) {
    const TestInstance instance;
    EXPECT_TRUE(clear_stale_ring(instance.name(), "quotes").is_removed);
}

TEST(StaleSegments, DoNotStandInTheWayOfANewRingUnlessTheyAreInUse) {
    const TestInstance instance;
    leave_ring(instance.name(), "unused", {dead()});
    leave_ring(instance.name(), "used", {living()});
    Registry registry(instance.name(), {}, daemon_uid, true);
    EXPECT_TRUE(registry.create(peer_of(user_uid), small_ring("unused")));
    EXPECT_THAT(
        [&] { registry.create(peer_of(user_uid), small_ring("used")); },
        throws_error(Error::exists, HasSubstr("still in use by pid " + std::to_string(platform::current_pid()))));
}

}  // namespace
}  // namespace ringview::server
