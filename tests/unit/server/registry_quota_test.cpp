#include "registry_fixture.hpp"

namespace ringview::server {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing_support::throws_error;

class RegistryQuota : public RegistryTest {
 protected:
    /// Bytes of a small ring.
    std::uint64_t ring_bytes() const {
        Registry registry = make();
        registry.create(peer_of(user_uid), small_ring("measured"));
        return stat_of(registry, "measured").bytes;
    }
    static void expect_refused(Registry& registry, uid_t uid, const std::string& ring, const std::string& what) {
        EXPECT_THAT([&] { registry.create(peer_of(uid), small_ring(ring)); },
                    throws_error(Error::quota, HasSubstr(what)));
    }
};

TEST_F(RegistryQuota, BoundsTheRingsInAll) {
    ServerLimits limits;
    limits.rings = 2;
    Registry registry = make(limits);
    registry.create(peer_of(user_uid), small_ring("a"));
    registry.create(peer_of(other_uid), small_ring("b"));
    expect_refused(registry, user_uid, "c", "limit of rings: 2 in use, 1 more asked for, 2 allowed");
    // An equal ring takes nothing.
    EXPECT_FALSE(registry.create(peer_of(user_uid), small_ring("a")));
    registry.remove(peer_of(user_uid), "a");
    EXPECT_TRUE(registry.create(peer_of(user_uid), small_ring("c")));
}

TEST_F(RegistryQuota, BoundsTheRingsOfAUser) {
    ServerLimits limits;
    limits.rings_per_user = 1;
    Registry registry = make(limits);
    registry.create(peer_of(user_uid), small_ring("a"));
    expect_refused(registry, user_uid, "b", "limit of rings per user: 1 in use");
    EXPECT_TRUE(registry.create(peer_of(other_uid), small_ring("b")));
}

TEST_F(RegistryQuota, BoundsTheBytesInAllToTheByte) {
    ServerLimits limits;
    limits.bytes = 2 * ring_bytes();
    Registry registry = make(limits);
    registry.create(peer_of(user_uid), small_ring("a"));
    registry.create(peer_of(other_uid), small_ring("b"));
    expect_refused(registry, user_uid, "c", "limit of bytes: " + std::to_string(limits.bytes) + " in use");
    ServerLimits one_less = limits;
    one_less.bytes = ring_bytes() - 1;
    Registry smaller = make(one_less);
    expect_refused(smaller, user_uid, "d", "limit of bytes: 0 in use");
}

TEST_F(RegistryQuota, BoundsTheBytesOfAUser) {
    ServerLimits limits;
    limits.bytes_per_user = ring_bytes();
    Registry registry = make(limits);
    registry.create(peer_of(user_uid), small_ring("a"));
    expect_refused(registry, user_uid, "b", "limit of bytes per user");
    EXPECT_TRUE(registry.create(peer_of(other_uid), small_ring("b")));
}

TEST_F(RegistryQuota, CountsARemovedRingUntilItsLastMemberIsGone) {
    ServerLimits limits;
    limits.bytes = ring_bytes();
    Registry registry = make(limits);
    registry.create(peer_of(user_uid), small_ring("a"));
    registry.attach_consumer(client(10), {"a", ""});
    registry.remove(peer_of(user_uid), "a");
    expect_refused(registry, user_uid, "b", "limit of bytes");
    registry.release_process(client(10).key);
    EXPECT_TRUE(registry.create(peer_of(user_uid), small_ring("b")));
}

TEST_F(RegistryQuota, RefusesARingLargerThanAnyBoundBeforeItAllocatesAnything) {
    Registry registry = make();
    RingSpec spec = small_ring("huge");
    spec.slots = std::uint64_t{1} << 20;
    spec.slot_bytes = std::uint64_t{1} << 24;
    EXPECT_THAT([&] { registry.create(peer_of(user_uid), spec); }, throws_error(Error::quota));
    EXPECT_TRUE(segments().empty());
}

TEST_F(RegistryQuota, BoundsTheSubscriptionsOfARing) {
    Registry registry = make();
    registry.create(peer_of(user_uid), small_ring("a"));
    for (pid_t pid = 1; pid <= 64; ++pid) registry.attach_consumer(client(pid), {"a", ""});
    EXPECT_THAT(
        [&] {
            registry.attach_consumer(client(65), {"a", ""});
        },
        throws_error(Error::quota, AllOf(HasSubstr("ring a"), HasSubstr("64 subscriptions"))));
    registry.release_process(client(7).key);
    EXPECT_NO_THROW(registry.attach_consumer(client(65), {"a", ""}));
}

}  // namespace
}  // namespace ringview::server
