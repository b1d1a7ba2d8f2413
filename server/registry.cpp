#include "registry.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <ringview/control/codec.hpp>
#include <ringview/control/ring_name.hpp>
#include <ringview/platform/error.hpp>
#include <ringview/view/view_limits.hpp>

#include "ring_plan.hpp"
#include "stale_segments.hpp"

namespace ringview::server {
namespace {

/// What a page of rings may take of a packet: the rest is for the largest ring there can be, 64 producers, 64 consumers
/// and 32 groups with the longest names beside the longest format, whose characters may be two in JSON each, and what
/// is to be said of its memory.
constexpr std::size_t page_bytes = 1536;
constexpr std::size_t producer_bytes = 2 * control::max_member_name_bytes + 170;
constexpr std::size_t memory_bytes = 256 + MemoryInfo::max_nodes * 48 + MemoryInfo::max_note_bytes;
constexpr std::size_t consumer_bytes = control::max_member_name_bytes + 344;
constexpr std::size_t group_bytes = control::max_member_name_bytes + 212;
static_assert(page_bytes + memory_bytes + 2 * view_limits::max_format_length + layout::max_producers * producer_bytes +
                  layout::max_subscriptions * consumer_bytes + layout::max_groups * group_bytes <
              control::max_packet_bytes - 512);

/// Looks at who stands still, in a stall timeout: an eviction comes a quarter of it late at most.
constexpr int stall_checks = 4;
constexpr std::chrono::milliseconds shortest_stall_check{1};
constexpr std::chrono::milliseconds longest_stall_check{1000};

/// Endpoint numbers stay below 2^48: whole numbers for every JSON reader, with room to count on.
constexpr unsigned endpoint_spare_bits = 16;

std::string pids_text(const std::vector<pid_t>& pids) {
    std::string text;
    for (const pid_t pid : pids)
        text += (text.empty() ? "" : ", ") + (pid == 0 ? "in another namespace" : std::to_string(pid));
    return text;
}

}  // namespace

Registry::Registry(std::string instance, ServerLimits limits, uid_t daemon_uid, bool has_membarrier)
    : instance_(std::move(instance)),
      limits_(limits),
      daemon_uid_(daemon_uid),
      has_membarrier_(has_membarrier),
      next_endpoint_(platform::random_u64() >> endpoint_spare_bits) {}

Registry::~Registry() {
    for (auto& [name, ring] : rings_) {
        if (ring->has_members()) ring->leave_to_clients();
    }
}

void Registry::check_quota(uid_t creator, std::uint64_t bytes) const {
    std::uint64_t all_bytes = 0;
    std::uint64_t user_bytes = 0;
    std::uint64_t user_rings = 0;
    // Removed rings take memory as long as they have members.
    std::set<const HostedRing*> rings;
    for (const auto& [name, ring] : rings_) rings.insert(ring.get());
    for (const auto& [endpoint, place] : places_) rings.insert(place.ring.get());
    for (const HostedRing* ring : rings) {
        all_bytes += ring->bytes();
        if (ring->creator() != creator) continue;
        user_bytes += ring->bytes();
        ++user_rings;
    }
    const auto check = [](const char* what, std::uint64_t have, std::uint64_t more, std::uint64_t limit) {
        if (have <= limit && more <= limit - have) return;
        throw Error(Error::quota,
                    std::string(what) + ": " + std::to_string(have) + " in use, " + std::to_string(more) +
                        " more asked for, " + std::to_string(limit) + " allowed",
                    "remove rings, or raise [limits] in the daemon's configuration");
    };
    check("limit of rings", rings.size(), 1, limits_.rings);
    check("limit of rings per user", user_rings, 1, limits_.rings_per_user);
    check("limit of bytes", all_bytes, bytes, limits_.bytes);
    check("limit of bytes per user", user_bytes, bytes, limits_.bytes_per_user);
}

bool Registry::create(const Peer& peer, const RingSpec& wanted) {
    const RingSpec spec = complete_spec(wanted);
    if (const auto existing = rings_.find(spec.name); existing != rings_.end()) {
        const HostedRing& ring = *existing->second;
        if (!is_visible(peer, ring))
            throw Error(Error::exists, "the name " + spec.name + " is taken", "choose another name");
        const std::string difference = describe_difference(ring.spec(), spec);
        if (difference.empty()) return false;
        throw Error(Error::exists, "ring " + spec.name + " exists with another spec: " + difference,
                    "use the same spec, another name, or remove it first (ringview rm " + spec.name + ")");
    }
    check_quota(peer.uid, RingSegments::planned_bytes(spec, layout::plan_geometry(plan_ring(spec, has_membarrier_))));
    const StaleRing stale = clear_stale_ring(instance_, spec.name);
    if (!stale.is_removed) {
        if (stale.users.empty())
            throw Error(Error::exists, "ring " + spec.name + " of an earlier daemon: " + stale.obstacle);
        throw Error(Error::exists,
                    "ring " + spec.name + " of an earlier daemon is still in use by pid " + pids_text(stale.users),
                    "end those processes, then create it again");
    }
    rings_[spec.name] = std::make_shared<HostedRing>(instance_, spec, peer.uid, has_membarrier_);
    memory_watch_.expect_news();
    return true;
}

bool Registry::is_visible(const Peer& peer, const HostedRing& ring) const {
    return is_allowed(ring.rules(), daemon_uid_, peer, Right::produce) ||
           is_allowed(ring.rules(), daemon_uid_, peer, Right::consume) ||
           is_allowed(ring.rules(), daemon_uid_, peer, Right::manage);
}

HostedRing& Registry::find(const Peer& peer, const std::string& name, Right right) {
    const auto entry = rings_.find(name);
    // Whoever has no right at all to a ring does not learn that it exists.
    if (entry == rings_.end() || !is_visible(peer, *entry->second)) {
        throw Error(Error::not_found, "there is no ring " + name.substr(0, control::max_ring_name_bytes),
                    "`ringview ls` shows the rings there are, `ringview create` makes one");
    }
    HostedRing& ring = *entry->second;
    if (is_allowed(ring.rules(), daemon_uid_, peer, right)) return ring;
    const char* verb = right == Right::produce ? "produce into" : right == Right::consume ? "consume" : "manage";
    throw Error(Error::denied, "uid " + std::to_string(peer.uid) + " may not " + verb + " ring " + name,
                "whoever creates the ring lists who may (access)");
}

void Registry::remove(const Peer& peer, const std::string& name) {
    find(peer, name, Right::manage).retire();
    rings_.erase(name);
}

Registry::Attached Registry::attach_producer(const ClientProcess& process,
                                             const control::AttachProducerRequest& request) {
    HostedRing& ring = find(process.peer, request.ring, Right::produce);
    if (!request.name.empty()) control::check_member_name(request.name, "producer");
    Attached attached;
    attached.fds = ring.open_segments(platform::Access::read_write);
    attached.reply = ring.attach_producer(process, request.name, next_endpoint_);
    attached.reply.prefault = ring.spec().prefault;
    places_[next_endpoint_++] = {process.key, shared(request.ring), true, static_cast<unsigned>(attached.reply.index)};
    return attached;
}

Registry::Attached Registry::attach_consumer(const ClientProcess& process,
                                             const control::AttachConsumerRequest& request) {
    HostedRing& ring = find(process.peer, request.ring, Right::consume);
    if (!request.name.empty()) control::check_member_name(request.name, "subscription");
    if (!request.group.empty()) control::check_member_name(request.group, "group");
    Attached attached;
    attached.fds = ring.open_segments(platform::Access::read_only);
    attached.reply = ring.subscriptions().attach(process, request, next_endpoint_);
    attached.reply.prefault = ring.spec().prefault;
    places_[next_endpoint_++] = {process.key, shared(request.ring), false, static_cast<unsigned>(attached.reply.index)};
    return attached;
}

control::SubscribeReply Registry::subscribe(const Peer& peer, const control::SubscribeRequest& request) {
    HostedRing& ring = find(peer, request.ring, Right::consume);
    if (!request.group.empty() && !request.name.empty())
        throw Error(Error::invalid, "a group is declared without members: " + request.name + " is one too many",
                    "leave the name out; members have names when they attach");
    if (request.group.empty())
        control::check_member_name(request.name, "subscription");
    else
        control::check_member_name(request.group, "group");
    return ring.subscriptions().subscribe(peer, request);
}

void Registry::unsubscribe(const Peer& peer, const control::UnsubscribeRequest& request) {
    const auto entry = rings_.find(request.ring);
    const bool may_manage =
        entry != rings_.end() && is_allowed(entry->second->rules(), daemon_uid_, peer, Right::manage);
    HostedRing& ring = find(peer, request.ring, may_manage ? Right::manage : Right::consume);
    ring.subscriptions().unsubscribe(peer, request.name, may_manage);
}

void Registry::evict(const Peer& peer, const control::EvictRequest& request) {
    find(peer, request.ring, Right::manage).evict(request.name, request.force);
}

std::optional<std::chrono::milliseconds> Registry::stall_check_period() const {
    std::optional<std::chrono::milliseconds> shortest;
    for (const auto& [name, ring] : rings_) {
        const std::chrono::milliseconds timeout = ring->spec().stall_timeout;
        if (timeout.count() == 0) continue;
        const auto period = std::clamp(timeout / stall_checks, shortest_stall_check, longest_stall_check);
        shortest = std::min(shortest.value_or(period), period);
    }
    return shortest;
}

std::vector<Evicted> Registry::evict_stalled(std::chrono::steady_clock::time_point now) {
    std::vector<Evicted> evicted;
    for (const auto& [name, ring] : rings_) {
        for (Evicted& one : ring->evict_stalled(now)) evicted.push_back(std::move(one));
    }
    return evicted;
}

void Registry::give_back(const Place& place) {
    if (place.is_producer)
        place.ring->detach_producer(place.index);
    else
        place.ring->subscriptions().detach(place.index);
}

void Registry::detach(const ProcessKey& process, std::uint64_t endpoint) {
    const auto place = places_.find(endpoint);
    if (place == places_.end() || place->second.process != process) {
        throw Error(Error::not_found, "this process has no endpoint " + std::to_string(endpoint));
    }
    give_back(place->second);
    places_.erase(place);
}

std::size_t Registry::release_process(const ProcessKey& process) {
    return std::erase_if(places_, [&](const auto& entry) {
        if (entry.second.process != process) return false;
        give_back(entry.second);
        return true;
    });
}

std::vector<std::string> Registry::recover_producers() {
    std::vector<std::string> unfinished;
    for (const auto& [name, ring] : rings_) {
        if (!ring->recover_producers()) unfinished.push_back(name);
    }
    return unfinished;
}

bool Registry::settle_members() {
    bool is_all_done = true;
    for (const auto& [name, ring] : rings_) is_all_done &= ring->subscriptions().settle_members();
    return is_all_done;
}

bool Registry::has_places(const ProcessKey& process) const {
    return std::any_of(places_.begin(), places_.end(),
                       [&](const auto& entry) { return entry.second.process == process; });
}

control::RingsReply Registry::list(const Peer& peer, const control::ListRequest& request) const {
    control::RingsReply reply = page(peer, {request.after, {}}, [](RingInfo&, const HostedRing&) {});
    for (RingInfo& ring : reply.rings) {
        ring.producers.clear();
        ring.consumers.clear();
        ring.groups.clear();
    }
    return reply;
}

control::RingsReply Registry::stat(const Peer& peer, const control::StatRequest& request) const {
    const MemoryWatch::Look& look = memory_watch_.look();
    return page(peer, request, [&](RingInfo& info, const HostedRing& ring) {
        // Where a younger one lies, the look may have seen what is gone since.
        if (ring.made_at() <= look.at) info.memory = ring.memory_info(look.pages);
    });
}

template <class Measure>
control::RingsReply Registry::page(const Peer& peer, const control::StatRequest& request,
                                   const Measure& measure) const {
    control::RingsReply reply;
    std::size_t bytes = 0;
    for (auto entry = rings_.upper_bound(request.after); entry != rings_.end(); ++entry) {
        const auto& [name, hosted] = *entry;
        if ((!request.ring.empty() && request.ring != name) || !is_visible(peer, *hosted)) continue;
        if (bytes > page_bytes) {
            reply.has_more = true;
            break;
        }
        reply.rings.push_back(hosted->info());
        measure(reply.rings.back(), *hosted);
        bytes += control::rings_to_json({reply.rings.back()}, true).size();
    }
    if (!request.ring.empty() && reply.rings.empty()) {
        throw Error(Error::not_found, "there is no ring " + request.ring.substr(0, control::max_ring_name_bytes),
                    "`ringview ls` shows the rings there are");
    }
    return reply;
}

std::vector<std::string> Registry::newly_lost() {
    std::vector<std::string> names;
    const unsigned losses = platform::LostPages::count();
    if (std::exchange(losses_told_, losses) == losses) return names;
    for (const auto& [name, ring] : rings_) {
        if (ring->is_newly_lost()) names.push_back(name);
    }
    return names;
}

std::vector<std::string> Registry::rings_in_use() const {
    std::vector<std::string> names;
    for (const auto& [name, ring] : rings_) {
        if (ring->has_members()) names.push_back(name);
    }
    return names;
}

}  // namespace ringview::server
