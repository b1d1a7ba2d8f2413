#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "registry.hpp"
#include "support/error_matcher.hpp"
#include "support/test_instance.hpp"

namespace ringview::server {

inline constexpr uid_t daemon_uid = 999;
inline constexpr uid_t user_uid = 1000;
inline constexpr uid_t other_uid = 1001;

inline Peer peer_of(uid_t uid) {
    return {uid, uid, {}};
}

inline ClientProcess client(pid_t pid, uid_t uid = user_uid) {
    return {{pid, 1, 0}, {pid, 1, 1}, peer_of(uid)};
}

inline RingSpec small_ring(const std::string& name) {
    RingSpec spec;
    spec.name = name;
    spec.slots = 2;
    return spec;
}

inline std::vector<std::string> names_of(const std::vector<RingInfo>& rings) {
    std::vector<std::string> names;
    names.reserve(rings.size());
    for (const RingInfo& ring : rings) names.push_back(ring.name);
    return names;
}

/// A registry with segments of an instance of its own.
class RegistryTest : public testing::Test {
 protected:
    Registry make(const ServerLimits& limits = {}) const { return {instance_.name(), limits, daemon_uid, true}; }

    static RingInfo stat_of(const Registry& registry, const std::string& ring) {
        return registry.stat(peer_of(daemon_uid), {{}, ring}).rings.at(0);
    }
    std::vector<std::string> segments() const { return instance_.segments(); }
    const std::string& instance() const { return instance_.name(); }

 private:
    testing_support::TestInstance instance_;
};

}  // namespace ringview::server
