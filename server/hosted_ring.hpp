#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <ringview/control/messages.hpp>
#include <ringview/control/ring_info.hpp>
#include <ringview/layout/geometry.hpp>
#include <ringview/platform/mapping.hpp>
#include <ringview/platform/unique_fd.hpp>
#include <ringview/ring/membership.hpp>
#include <ringview/ring/observe.hpp>

#include "access.hpp"
#include "client_process.hpp"
#include "ring_segments.hpp"
#include "subscriptions.hpp"

namespace ringview::server {

/// A ring of this daemon: its two segments, its rules, and who holds which place in it.
class HostedRing {
 public:
    /// Makes the segments. `spec` is complete. Throws what RingSegments does; leaves nothing then.
    HostedRing(const std::string& instance, RingSpec spec, uid_t creator, bool has_membarrier);
    HostedRing(const HostedRing&) = delete;
    HostedRing& operator=(const HostedRing&) = delete;

    const RingSpec& spec() const noexcept { return spec_; }
    const AccessRules& rules() const noexcept { return rules_; }
    std::uint64_t bytes() const noexcept { return segments_.bytes(); }
    /// What the memory lacks of what the spec wishes; empty: nothing.
    const std::string& memory_note() const noexcept { return segments_.note(); }
    uid_t creator() const noexcept { return rules_.creator; }
    std::chrono::steady_clock::time_point made_at() const noexcept { return made_at_; }
    RingInfo info() const;
    MemoryInfo memory_info(const platform::ProcessPages& pages) const { return segments_.info(pages); }
    bool has_members() const noexcept;
    /// A client has taken its memory away; once.
    bool is_newly_lost() noexcept { return segments_.are_lost() && !std::exchange(is_loss_told_, true); }

    /// Error::busy, naming the holder, where every producer line is taken.
    control::AttachReply attach_producer(const ClientProcess& process, const std::string& name, std::uint64_t endpoint);
    /// Its producer is gone, dead or not; see recover_producers().
    void detach_producer(unsigned line);
    /// Frees the lines of the producers that are gone, as far as what they had claimed can be settled. False while some
    /// must wait for another producer: to be called again after a while.
    bool recover_producers();
    Subscriptions& subscriptions() noexcept { return *subscriptions_; }
    /// On a ring with a stall timeout every lossless consumer marks what it holds.
    void evict(const std::string& subscription, bool force);
    std::vector<Evicted> evict_stalled(std::chrono::steady_clock::time_point now);
    /// The two descriptors for an attach: slots for that access only, cursors read-write.
    std::array<platform::UniqueFd, 2> open_segments(platform::Access slots_access) const {
        return segments_.open(slots_access);
    }

    /// Tells the members that the ring is gone, and frees its names: another ring may take them while members live on.
    void retire() noexcept;
    /// Keeps the names, for members that live on without this daemon.
    void leave_to_clients() noexcept { segments_.keep_names(); }

 private:
    struct Member {
        ClientProcess process{};
        std::string name{};
        std::uint64_t endpoint = 0;
        bool is_gone = false;     ///< of a producer: its line is not free yet
        unsigned delayed_by = 0;  ///< where it is gone: the line that its own waits for
    };

    std::string producers_text() const;
    std::string waits_for(const Member& producer, const ring::ProducerSnapshot& seen) const;
    ring::DaemonRing memory() const noexcept;

    RingSpec spec_;
    AccessRules rules_;
    layout::Geometry geometry_;
    RingSegments segments_;
    std::array<std::optional<Member>, layout::max_producers> producers_{};
    std::optional<Subscriptions> subscriptions_{};  ///< there once the segments are
    std::chrono::steady_clock::time_point made_at_{};
    bool is_loss_told_ = false;
};

}  // namespace ringview::server
