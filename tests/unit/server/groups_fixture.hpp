#pragma once

#include <gtest/gtest.h>

#include "attached_place.hpp"
#include "registry_fixture.hpp"

namespace ringview::server {

inline constexpr Error::Code ok{};

/// A registry with a ring for groups, and what their members ask of it.
class GroupsTest : public RegistryTest {
 protected:
    GroupsTest() {
        RingSpec spec = small_ring("jobs");
        spec.slots = 8;
        spec.access = {{"any"}, {"any"}, {}};
        registry.create(peer_of(user_uid), spec);
    }

    static control::AttachConsumerRequest member(const std::string& name, bool is_durable = false,
                                                 const std::string& group = "workers") {
        return {"jobs", name, Policy::lossless, Start::next, is_durable, {}, group};
    }
    static control::SubscribeRequest declared(const std::string& group = "workers") {
        return {"jobs", {}, Policy::lossless, Start::next, {}, group};
    }
    Place attach(pid_t pid, const control::AttachConsumerRequest& request, uid_t uid = user_uid) {
        return {registry.attach_consumer(client(pid, uid), request), platform::Access::read_only};
    }
    Place producer(pid_t pid) {
        return {registry.attach_producer(client(pid), {"jobs", {}}), platform::Access::read_write};
    }
    static void publish(const Place& place, unsigned count) {
        auto side = place.producer();
        for (unsigned i = 0; i < count; ++i) {
            ASSERT_EQ(side.try_reserve(), ok);
            side.publish(1);
        }
    }
    RingInfo info() const { return stat_of(registry, "jobs"); }
    GroupInfo group() const { return info().groups.at(0); }

    Registry registry = make();
};

}  // namespace ringview::server
