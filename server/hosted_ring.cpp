#include "hosted_ring.hpp"

#include <algorithm>
#include <utility>

#include <ringview/control/ring_name.hpp>
#include <ringview/layout/initialise.hpp>
#include <ringview/platform/clock.hpp>
#include <ringview/platform/error.hpp>
#include <ringview/platform/shared_memory.hpp>
#include <ringview/ring/observe.hpp>

#include "ring_plan.hpp"

namespace ringview::server {
namespace {

using control::SegmentRole;

std::string holder_text(const ClientProcess& process, const std::string& name) {
    const std::string pid = process.identity.pid != 0 ? "pid " + std::to_string(process.identity.pid)
                                                      : "a process in another pid namespace";
    return pid + " (" + name + ")";
}

/// The identity of a member goes into the segment, so that a later daemon can tell whether it still lives.
template <class Record>
void write_record(Record& record, const ClientProcess& process, const std::string& name, std::uint64_t endpoint) {
    record.pid = process.identity.pid;
    record.start_time_ticks = process.identity.start_time_ticks;
    record.pid_namespace = process.identity.pid_namespace;
    record.uid = process.peer.uid;
    record.endpoint_id = endpoint;
    record.name_bytes = static_cast<std::uint32_t>(name.size());
    record.name = {};
    std::copy(name.begin(), name.end(), record.name.begin());
    record.state.store(static_cast<std::uint32_t>(layout::MemberState::active), std::memory_order_release);
}

template <class Record>
void free_record(Record& record) {
    record.state.store(static_cast<std::uint32_t>(layout::MemberState::free), std::memory_order_release);
}

layout::MemberPolicy policy_of(Policy policy) {
    return policy == Policy::lossy ? layout::MemberPolicy::lossy : layout::MemberPolicy::lossless;
}

ring::JoinAt join_at(Start start) {
    switch (start) {
        case Start::oldest:
            return ring::JoinAt::oldest;
        case Start::newest:
            return ring::JoinAt::newest;
        case Start::next:
            break;
    }
    return ring::JoinAt::next;
}

/// Removes a name again if what follows fails.
class NameGuard {
 public:
    explicit NameGuard(const std::string& name) : name_(name) {}
    NameGuard(const NameGuard&) = delete;
    NameGuard& operator=(const NameGuard&) = delete;
    ~NameGuard() {
        if (is_armed_) platform::remove_segment(name_);
    }
    void keep() { is_armed_ = false; }

 private:
    const std::string& name_;
    bool is_armed_ = true;
};

}  // namespace

HostedRing::HostedRing(const std::string& instance, RingSpec spec, uid_t creator, bool has_membarrier)
    : slots_name_(control::segment_name(instance, spec.name, SegmentRole::slots)),
      cursors_name_(control::segment_name(instance, spec.name, SegmentRole::cursors)),
      spec_(std::move(spec)),
      rules_(make_rules(spec_.access, creator)) {
    const layout::RingParameters parameters = plan_ring(spec_, has_membarrier);
    geometry_ = layout::plan_geometry(parameters);
    const platform::UniqueFd slots = platform::create_segment(slots_name_, geometry_.segment_bytes);
    NameGuard slots_guard(slots_name_);
    const platform::UniqueFd cursors = platform::create_segment(cursors_name_, layout::cursors_segment_bytes);
    NameGuard cursors_guard(cursors_name_);
    slots_ = platform::Mapping(slots.get(), geometry_.segment_bytes, platform::Access::read_write);
    cursors_ = platform::Mapping(cursors.get(), layout::cursors_segment_bytes, platform::Access::read_write);
    layout::initialise_ring(parameters, platform::random_u64(), static_cast<std::uint64_t>(platform::unix_ns()),
                            slots_.bytes(), cursors_.bytes());
    slots_guard.keep();
    cursors_guard.keep();
}

HostedRing::~HostedRing() {
    remove_names();
}

void HostedRing::remove_names() noexcept {
    if (!std::exchange(owns_names_, false)) return;
    platform::remove_segment(slots_name_);
    platform::remove_segment(cursors_name_);
}

ring::DaemonRing HostedRing::memory() const noexcept {
    return {geometry_, slots_.data(), cursors_.data()};
}

std::uint64_t HostedRing::bytes() const noexcept {
    return geometry_.segment_bytes + layout::cursors_segment_bytes;
}

bool HostedRing::has_members() const noexcept {
    const auto is_taken = [](const auto& member) { return member.has_value(); };
    return std::any_of(producers_.begin(), producers_.end(), is_taken) ||
           std::any_of(consumers_.begin(), consumers_.end(), is_taken);
}

std::array<platform::UniqueFd, 2> HostedRing::open_segments(platform::Access slots_access) const {
    return {platform::open_segment(slots_name_, slots_access),
            platform::open_segment(cursors_name_, platform::Access::read_write)};
}

control::AttachReply HostedRing::attach_producer(const ClientProcess& process, const std::string& name,
                                                 std::uint64_t endpoint) {
    const auto end = producers_.begin() + geometry_.producer_limit;
    const auto place = std::find(producers_.begin(), end, std::nullopt);
    if (place == end) {
        const Member& holder = **producers_.begin();
        throw Error(
            Error::busy,
            "ring " + spec_.name + " has one producer, and " + holder_text(holder.process, holder.name) + " is it",
            "end that process, or write to another ring");
    }
    const unsigned line = static_cast<unsigned>(place - producers_.begin());
    const std::string full_name = name.empty() ? "producer-" + std::to_string(process.identity.pid) : name;
    write_record(memory().producer_record(line), process, full_name, endpoint);
    ring::open_producer_line(memory(), line);
    *place = Member{process, full_name, endpoint};
    return {endpoint, line, 0, full_name};
}

std::optional<unsigned> HostedRing::subscription_named(const std::string& name) const {
    for (unsigned i = 0; i < consumers_.size(); ++i) {
        if (consumers_[i] && consumers_[i]->name == name) return i;
    }
    return std::nullopt;
}

std::string HostedRing::free_subscription_name(const ClientProcess& process) const {
    const std::string base = "consumer-" + std::to_string(process.identity.pid);
    std::string name = base;
    for (unsigned i = 2; subscription_named(name); ++i) name = base + "-" + std::to_string(i);
    return name;
}

void HostedRing::check_start_position(layout::Position position) const {
    const layout::Position head = ring::observe_ring(memory()).head;
    if (position - geometry_.first_position <= head - geometry_.first_position) return;
    throw Error(Error::invalid,
                "position " + std::to_string(position) + " is above the head of ring " + spec_.name + ", which is " +
                    std::to_string(head),
                "begin at head, or lower; a ring that was made anew counts from 0 again");
}

control::AttachReply HostedRing::attach_consumer(const ClientProcess& process,
                                                 const control::AttachConsumerRequest& request,
                                                 std::uint64_t endpoint) {
    const std::string name = request.name.empty() ? free_subscription_name(process) : request.name;
    if (const auto holder = subscription_named(name)) {
        throw Error(Error::exists,
                    "ring " + spec_.name + " has a subscription " + name + " already, held by " +
                        holder_text(consumers_[*holder]->process, name),
                    "choose another name");
    }
    if (request.start_position) check_start_position(*request.start_position);
    const auto place = std::find(consumers_.begin(), consumers_.end(), std::nullopt);
    if (place == consumers_.end()) {
        throw Error(Error::quota, "ring " + spec_.name + " has " + std::to_string(consumers_.size()) +
                                      " subscriptions, which is the most");
    }
    const unsigned subscription = static_cast<unsigned>(place - consumers_.begin());
    auto& record = memory().subscription_record(subscription);
    const layout::MemberPolicy policy = policy_of(request.policy);
    record.policy = static_cast<std::uint32_t>(policy);
    record.flags = 0;
    write_record(record, process, name, endpoint);
    const layout::Position wanted = request.start_position.value_or(0);
    const layout::Position position = request.start_position
                                          ? ring::join_at(memory(), subscription, policy, wanted)
                                          : ring::join(memory(), subscription, policy, join_at(request.start));
    record.start_position = position;
    *place = Member{process, name, endpoint};
    return {endpoint, subscription, position, name, request.start_position ? position - wanted : 0};
}

void HostedRing::detach_producer(unsigned line) {
    ring::close_producer_line(memory(), line);
    free_record(memory().producer_record(line));
    producers_[line].reset();
}

void HostedRing::detach_consumer(unsigned subscription) {
    ring::leave(memory(), subscription);
    free_record(memory().subscription_record(subscription));
    consumers_[subscription].reset();
}

void HostedRing::retire() noexcept {
    ring::mark_removed(memory());
    remove_names();
}

RingInfo HostedRing::info() const {
    const ring::DaemonRing ring = memory();
    const ring::RingSnapshot snapshot = ring::observe_ring(ring);
    RingInfo info{spec_.name,
                  spec_.format,
                  spec_.shape,
                  spec_.slots,
                  spec_.slot_bytes,
                  bytes(),
                  snapshot.head,
                  snapshot.used,
                  snapshot.published,
                  snapshot.tombstones,
                  {},
                  {}};
    for (unsigned line = 0; line < producers_.size(); ++line) {
        if (!producers_[line]) continue;
        const Member& member = *producers_[line];
        const ring::ProducerSnapshot p = ring::observe_producer(ring, line);
        const auto& blocker = consumers_[p.waits_for];
        info.producers.push_back({line, member.process.identity.pid, member.process.peer.uid, member.name, true,
                                  p.published, p.found_full, p.is_waiting && blocker ? blocker->name : std::string{}});
    }
    for (unsigned i = 0; i < consumers_.size(); ++i) {
        if (!consumers_[i]) continue;
        const Member& member = *consumers_[i];
        const ring::SubscriptionSnapshot s = ring::observe_subscription(ring, i);
        const Policy policy = (snapshot.lossy >> i & 1) != 0 ? Policy::lossy : Policy::lossless;
        info.consumers.push_back({member.name, member.process.identity.pid, member.process.peer.uid, policy, false,
                                  true, s.pos, s.lag, s.lost, s.held, s.is_waiting, s.skipped});
    }
    return info;
}

}  // namespace ringview::server
