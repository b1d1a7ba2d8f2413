#include "attached_place.hpp"
#include "registry_fixture.hpp"

namespace ringview::server {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing_support::throws_error;
using Clock = std::chrono::steady_clock;

class StallTimeout : public RegistryTest {
 protected:
    static constexpr std::chrono::milliseconds timeout = 100ms;

    StallTimeout() {
        RingSpec spec = small_ring("quotes");
        spec.slots = 8;
        spec.stall_timeout = timeout;
        registry.create(peer_of(user_uid), spec);
        spec.name = "patient";
        spec.stall_timeout = 0ms;
        registry.create(peer_of(user_uid), spec);
    }

    Place consumer(const std::string& ring = "quotes", bool durable = false, Policy policy = Policy::lossless) {
        return {registry.attach_consumer(client(10), {ring, "slow", policy, Start::next, durable, {}}),
                platform::Access::read_only};
    }
    Place producer(const std::string& ring = "quotes") {
        return {registry.attach_producer(client(20), {ring, ""}), platform::Access::read_write};
    }
    static void publish(ring::ProducerSide<>& side, int count) {
        for (int i = 0; i < count; ++i) {
            ASSERT_EQ(side.try_reserve(), Error::Code{});
            side.publish(1);
        }
    }
    std::vector<std::string> evicted_at(std::chrono::milliseconds when) {
        std::vector<std::string> names;
        for (const Evicted& one : registry.evict_stalled(begin + when))
            names.push_back(one.ring + "/" + one.subscription);
        return names;
    }
    ConsumerInfo info() const { return stat_of(registry, "quotes").consumers.at(0); }

    Registry registry = make();
    Clock::time_point begin = Clock::now();
};

TEST_F(StallTimeout, EvictsWhoeverLeavesAMessageUnreleasedForSoLong) {
    const Place slow = consumer();
    const Place feed = producer();
    auto side = feed.producer();
    publish(side, 8);
    EXPECT_THAT(evicted_at(0ms), IsEmpty());
    EXPECT_THAT(evicted_at(timeout - 1ms), IsEmpty());
    EXPECT_EQ(side.try_reserve(), Error::full);
    EXPECT_THAT(evicted_at(timeout), testing::ElementsAre("quotes/slow"));
    EXPECT_TRUE(info().evicted);
    EXPECT_TRUE(info().alive);
    EXPECT_EQ(info().pos, 0U);
    publish(side, 30);
    ring::Received message;
    EXPECT_EQ(slow.consumer(ring::Overrun::evicts_us).try_next(message), Error::evicted);
    EXPECT_THAT(evicted_at(10 * timeout), IsEmpty()) << "once is enough";
}

TEST_F(StallTimeout, TimeCountsOnlyWhileTheSameMessageWaits) {
    const Place slow = consumer();
    const Place feed = producer();
    auto side = feed.producer();
    auto reader = slow.consumer(ring::Overrun::evicts_us);
    EXPECT_THAT(evicted_at(0ms), IsEmpty());
    EXPECT_THAT(evicted_at(1000ms), IsEmpty()) << "nothing was there to be read";
    publish(side, 3);
    EXPECT_THAT(evicted_at(1001ms), IsEmpty());
    ring::Received message;
    ASSERT_EQ(reader.try_next(message), Error::Code{});
    reader.release(message.position);
    EXPECT_THAT(evicted_at(1001ms + timeout), IsEmpty()) << "it has moved";
    EXPECT_THAT(evicted_at(1000ms + 2 * timeout), IsEmpty());
    EXPECT_THAT(evicted_at(1001ms + 2 * timeout), SizeIs(1));
}

TEST_F(StallTimeout, WhatTheEvictedHoldsIsTakenOffOnceItIsReleased) {
    const Place slow = consumer();
    const Place feed = producer();
    auto side = feed.producer();
    auto reader = slow.consumer(ring::Overrun::evicts_us);
    publish(side, 8);
    ring::Received message;
    ASSERT_EQ(reader.try_next(message), Error::Code{});
    evicted_at(0ms);
    EXPECT_THAT(evicted_at(timeout), SizeIs(1));
    publish(side, 30);
    EXPECT_GT(stat_of(registry, "quotes").tombstones, 0U);
    EXPECT_EQ(info().held, 1U);
    reader.release(message.position);
    evicted_at(2 * timeout);
    const std::uint64_t tombstones = stat_of(registry, "quotes").tombstones;
    publish(side, 30);
    EXPECT_EQ(stat_of(registry, "quotes").tombstones, tombstones);
}

TEST_F(StallTimeout, SparesLossyConsumersAndOtherRings) {
    const Place lossy = consumer("quotes", false, Policy::lossy);
    const Place patient = consumer("patient");
    const Place feed = producer();
    const Place other_feed = producer("patient");
    auto side = feed.producer();
    auto other_side = other_feed.producer();
    publish(side, 8);
    publish(other_side, 8);
    evicted_at(0ms);
    EXPECT_THAT(evicted_at(100 * timeout), IsEmpty());
    EXPECT_EQ(other_side.try_reserve(), Error::full);
}

TEST_F(StallTimeout, DoesNotCountForADurableSubscriptionThatIsAway) {
    registry.subscribe(peer_of(user_uid), {"quotes", "slow"});
    const Place feed = producer();
    auto side = feed.producer();
    publish(side, 8);
    evicted_at(0ms);
    EXPECT_THAT(evicted_at(100 * timeout), IsEmpty());
    EXPECT_EQ(side.try_reserve(), Error::full);
}

TEST_F(StallTimeout, AnEvictedDurableSubscriptionHoldsNobodyUntilItsConsumerComesAgain) {
    const Place slow = consumer("quotes", true);
    const Place feed = producer();
    auto side = feed.producer();
    publish(side, 8);
    evicted_at(0ms);
    EXPECT_THAT(evicted_at(timeout), SizeIs(1));
    registry.release_process(client(10).key);
    EXPECT_TRUE(info().evicted);
    EXPECT_FALSE(info().alive);
    EXPECT_EQ(info().pos, 0U);
    publish(side, 92);
    const Registry::Attached again = registry.attach_consumer(client(11), {"quotes", "slow"});
    EXPECT_GE(again.reply.position, 92U);
    EXPECT_EQ(again.reply.lost, again.reply.position);
    EXPECT_FALSE(info().evicted);
    publish(side, static_cast<int>(again.reply.position + 8 - 100));
    EXPECT_EQ(side.try_reserve(), Error::full);
}

TEST_F(StallTimeout, OfOneThatHasReadEverythingLeavesNoLag) {
    RingSpec spec = small_ring("timed");
    spec.slots = 8;
    spec.timestamps = true;
    registry.create(peer_of(user_uid), spec);
    const Place slow = consumer("timed", true);
    const Place feed = producer("timed");
    auto side = feed.producer();
    publish(side, 3);
    auto reader = slow.consumer(ring::Overrun::never);
    ring::Received message;
    while (reader.try_next(message) == Error::Code{}) reader.release(message.position);
    registry.release_process(client(10).key);
    registry.evict(peer_of(user_uid), {"timed", "slow"});
    const ConsumerInfo evicted = stat_of(registry, "timed").consumers.at(0);
    EXPECT_TRUE(evicted.evicted);
    EXPECT_EQ(evicted.pos, 3U);
    EXPECT_EQ(evicted.lag, 0U);
    EXPECT_EQ(evicted.lag_ns, 0U);
    EXPECT_EQ(registry.subscribe(peer_of(user_uid), {"timed", "slow"}).position, 3U);
    publish(side, 1);
    EXPECT_EQ(stat_of(registry, "timed").consumers.at(0).lag, 1U);
}

TEST_F(StallTimeout, IsLookedAtFourTimesWithinTheShortest) {
    EXPECT_EQ(registry.stall_check_period(), timeout / 4);
    RingSpec spec = small_ring("quick");
    spec.stall_timeout = 2ms;
    registry.create(peer_of(user_uid), spec);
    EXPECT_EQ(registry.stall_check_period(), 1ms);
    registry.remove(peer_of(user_uid), "quick");
    registry.remove(peer_of(user_uid), "quotes");
    EXPECT_EQ(registry.stall_check_period(), std::nullopt);
}

TEST_F(StallTimeout, EvictionOnRequestNeedsNoForceWhereWhatIsHeldIsProtected) {
    const Place slow = consumer();
    const Place feed = producer();
    auto side = feed.producer();
    publish(side, 8);
    registry.evict(peer_of(user_uid), {"quotes", "slow"});
    EXPECT_NO_THROW(registry.evict(peer_of(user_uid), {"quotes", "slow"}));
    publish(side, 8);
}

TEST_F(StallTimeout, EvictionOfALivingConsumerElsewhereTakesForce) {
    const Place slow = consumer("patient");
    const Place feed = producer("patient");
    auto side = feed.producer();
    publish(side, 8);
    EXPECT_THAT(
        [&] {
            registry.evict(peer_of(user_uid), {"patient", "slow"});
        },
        throws_error(Error::unsupported, AllOf(HasSubstr("pid 10 (slow)"), HasSubstr("no stall_timeout"))));
    EXPECT_EQ(side.try_reserve(), Error::full);
    registry.evict(peer_of(user_uid), {"patient", "slow", true});
    publish(side, 8);
}

TEST_F(StallTimeout, ADurableSubscriptionThatIsAwayIsEvictedOnAnyRing) {
    registry.subscribe(peer_of(user_uid), {"patient", "slow"});
    const Place feed = producer("patient");
    auto side = feed.producer();
    publish(side, 8);
    registry.evict(peer_of(user_uid), {"patient", "slow"});
    publish(side, 50);
    const ConsumerInfo away = stat_of(registry, "patient").consumers.at(0);
    EXPECT_TRUE(away.evicted && away.durable && !away.alive);
    EXPECT_EQ(away.pos, 0U);
    registry.unsubscribe(peer_of(user_uid), {"patient", "slow"});
    EXPECT_THAT(stat_of(registry, "patient").consumers, IsEmpty());
}

TEST_F(StallTimeout, EvictionIsForWhoeverMayManageTheRingAndOnlyOfWhoHoldsItUp) {
    EXPECT_THAT(
        [&] {
            registry.evict(peer_of(user_uid), {"quotes", "slow"});
        },
        throws_error(Error::not_found, HasSubstr("no subscription slow")));
    const Place lossy = consumer("quotes", false, Policy::lossy);
    EXPECT_THAT(
        [&] {
            registry.evict(peer_of(user_uid), {"quotes", "slow"});
        },
        throws_error(Error::invalid, HasSubstr("is lossy")));
    RingSpec spec = small_ring("public");
    spec.access.consume = {"any"};
    registry.create(peer_of(user_uid), spec);
    EXPECT_THAT([&] { registry.evict(peer_of(other_uid), {"public", "slow"}); }, throws_error(Error::denied));
}

}  // namespace
}  // namespace ringview::server
