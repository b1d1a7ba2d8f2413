#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ringview/control/messages.hpp>
#include <ringview/platform/lost_pages.hpp>
#include <ringview/platform/unique_fd.hpp>
#include <ringview/server.hpp>

#include "access.hpp"
#include "client_process.hpp"
#include "hosted_ring.hpp"
#include "memory_watch.hpp"

namespace ringview::server {

/// All rings of a daemon and who is attached to them. Knows nothing of sockets and loops; one thread at a time.
class Registry {
 public:
    struct Attached {
        control::AttachReply reply{};
        std::array<platform::UniqueFd, 2> fds{};
    };

    Registry(std::string instance, ServerLimits limits, uid_t daemon_uid, bool has_membarrier);
    /// Removes the rings that nobody is attached to; leaves the others to their members.
    ~Registry();

    /// False where an equal ring exists. Error::exists says what differs.
    bool create(const Peer& peer, const RingSpec& spec);
    /// What the memory of a ring that is there lacks of what its spec wishes, and why; empty: nothing.
    const std::string& memory_note(const std::string& ring) const { return rings_.at(ring)->memory_note(); }
    void remove(const Peer& peer, const std::string& name);
    Attached attach_producer(const ClientProcess& process, const control::AttachProducerRequest& request);
    Attached attach_consumer(const ClientProcess& process, const control::AttachConsumerRequest& request);
    control::SubscribeReply subscribe(const Peer& peer, const control::SubscribeRequest& request);
    void unsubscribe(const Peer& peer, const control::UnsubscribeRequest& request);
    /// Right: manage. What HostedRing::evict refuses.
    void evict(const Peer& peer, const control::EvictRequest& request);
    /// How often evict_stalled() is to be called; nothing where no ring has a stall timeout.
    std::optional<std::chrono::milliseconds> stall_check_period() const;
    /// Of rings with a stall timeout.
    std::vector<Evicted> evict_stalled(std::chrono::steady_clock::time_point now);
    /// Error::not_found where this process has no such place.
    void detach(const ProcessKey& process, std::uint64_t endpoint);
    /// The process is dead: all its places go. Returns how many.
    std::size_t release_process(const ProcessKey& process);
    bool has_places(const ProcessKey& process) const;
    /// Goes on with the producers that are gone and whose lines could not be freed at once. The names of the rings
    /// where they still cannot: to be called again after a while.
    std::vector<std::string> recover_producers();
    /// Goes on with the members of groups that are gone. False while what they left waits for other members: to be
    /// called again after a while.
    bool settle_members();

    /// What the peer may see: the rings it has some right to, by name, after `after`, as many as fit into one packet.
    control::RingsReply list(const Peer& peer, const control::ListRequest& request) const;
    control::RingsReply stat(const Peer& peer, const control::StatRequest& request) const;

    /// Names of the rings whose memory a client has taken away, each once.
    std::vector<std::string> newly_lost();
    /// Names of the rings that still have members.
    std::vector<std::string> rings_in_use() const;

 private:
    struct Place {
        ProcessKey process{};
        std::shared_ptr<HostedRing> ring{};
        bool is_producer = false;
        unsigned index = 0;
    };
    HostedRing& find(const Peer& peer, const std::string& name, Right right);
    std::shared_ptr<HostedRing> shared(const std::string& name) const { return rings_.at(name); }
    bool is_visible(const Peer& peer, const HostedRing& ring) const;
    void check_quota(uid_t creator, std::uint64_t bytes) const;
    /// stat, with or without what must be measured.
    template <class Measure>
    control::RingsReply page(const Peer& peer, const control::StatRequest& request, const Measure& measure) const;
    void give_back(const Place& place);

    std::string instance_;
    ServerLimits limits_;
    uid_t daemon_uid_;
    bool has_membarrier_;
    std::map<std::string, std::shared_ptr<HostedRing>> rings_;
    unsigned losses_told_ = platform::LostPages::count();
    mutable MemoryWatch memory_watch_;       ///< only remembers
    std::map<std::uint64_t, Place> places_;  ///< by endpoint; also of removed rings, whose members live on
    /// Begins anywhere: a handle that outlived an earlier daemon may give back what that one gave, and must not hit a
    /// place of ours.
    std::uint64_t next_endpoint_;
};

}  // namespace ringview::server
