#include "hosted_ring.hpp"

#include <algorithm>
#include <utility>

#include <ringview/layout/initialise.hpp>
#include <ringview/platform/clock.hpp>
#include <ringview/platform/error.hpp>
#include <ringview/ring/recovery.hpp>
#include <ringview/ring/wake.hpp>

#include "member_record.hpp"
#include "ring_plan.hpp"

namespace ringview::server {
namespace {

/// A daemon that makes many rings from its settings must say which one it means.
AccessRules rules_of(const RingSpec& spec, uid_t creator) {
    try {
        return make_rules(spec.access, creator);
    } catch (const Error& error) {
        throw Error(Error::invalid, "ring " + spec.name + ": " + error.message(), error.hint());
    }
}

}  // namespace

HostedRing::HostedRing(const std::string& instance, RingSpec spec, uid_t creator, bool has_membarrier)
    : spec_(std::move(spec)),
      rules_(rules_of(spec_, creator)),
      geometry_(layout::plan_geometry(plan_ring(spec_, has_membarrier))),
      segments_(instance, spec_, geometry_) {
    layout::initialise_ring(plan_ring(spec_, has_membarrier), platform::random_u64(),
                            static_cast<std::uint64_t>(platform::unix_ns()), segments_.slots().bytes(),
                            segments_.cursors().bytes());
    const bool is_evicting = spec_.stall_timeout.count() != 0;
    subscriptions_.emplace(spec_.name, memory(), is_evicting ? ring::HeldMarks::stored : ring::HeldMarks::none);
    made_at_ = std::chrono::steady_clock::now();
}

ring::DaemonRing HostedRing::memory() const noexcept {
    return {geometry_, segments_.slots().data(), segments_.cursors().data()};
}

bool HostedRing::has_members() const noexcept {
    const auto is_there = [](const auto& member) { return member && !member->is_gone; };
    return subscriptions_->has_consumers() || std::any_of(producers_.begin(), producers_.end(), is_there);
}

control::AttachReply HostedRing::attach_producer(const ClientProcess& process, const std::string& name,
                                                 std::uint64_t endpoint) {
    const auto end = producers_.begin() + geometry_.producer_limit;
    const auto place = std::find(producers_.begin(), end, std::nullopt);
    if (place == end) {
        throw Error(Error::busy, "ring " + spec_.name + " has " + producers_text(),
                    geometry_.producer_limit == 1 ? "end that process, or write to another ring"
                                                  : "end one of them, or write to another ring");
    }
    const unsigned line = static_cast<unsigned>(place - producers_.begin());
    const std::string full_name = name.empty() ? "producer-" + std::to_string(process.identity.pid) : name;
    write_member(memory().producer_record(line), process, full_name, endpoint, layout::MemberState::active);
    ring::open_producer_line(memory(), line);
    *place = Member{process, full_name, endpoint};
    return {endpoint, line, 0, full_name};
}

/// Of a ring whose lines are all taken; the first few by name.
std::string HostedRing::producers_text() const {
    constexpr unsigned most_named = 4;
    const unsigned limit = geometry_.producer_limit;
    std::string text;
    for (unsigned line = 0; line < std::min(limit, most_named); ++line) {
        text += (line == 0 ? "" : ", ") + holder_text(producers_[line]->process, producers_[line]->name);
    }
    if (limit == 1) return "one producer, and " + text + " is it";
    return std::to_string(limit) + " producers, and all are there: " + text + (limit > most_named ? " and others" : "");
}

void HostedRing::detach_producer(unsigned line) {
    producers_[line]->is_gone = true;
    recover_producers();
}

bool HostedRing::recover_producers() {
    std::uint64_t gone = 0;
    for (unsigned line = 0; line < producers_.size(); ++line) {
        if (producers_[line] && producers_[line]->is_gone) gone |= std::uint64_t{1} << line;
    }
    bool is_all_done = true;
    ring::for_each_bit(gone, geometry_.producer_limit, [&](unsigned line) {
        const ring::Recovery recovery = ring::recover_producer(memory(), line, gone);
        if (recovery.is_done) {
            free_record(memory().producer_record(line));
            producers_[line].reset();
        } else {
            producers_[line]->delayed_by = recovery.delayed_by;
            is_all_done = false;
        }
    });
    return is_all_done;
}

void HostedRing::evict(const std::string& subscription, bool force) {
    subscriptions_->evict(subscription, ring::Barrier(geometry_.asymmetric_barrier), force);
}

std::vector<Evicted> HostedRing::evict_stalled(std::chrono::steady_clock::time_point now) {
    if (spec_.stall_timeout.count() == 0) return {};
    return subscriptions_->evict_stalled(now, spec_.stall_timeout, ring::Barrier(geometry_.asymmetric_barrier));
}

void HostedRing::retire() noexcept {
    ring::mark_removed(memory());
    segments_.remove_names();
}

std::string HostedRing::waits_for(const Member& producer, const ring::ProducerSnapshot& seen) const {
    if (producer.is_gone) {
        const auto& other = producers_[producer.delayed_by];
        return other ? other->name : std::string{};
    }
    return seen.is_waiting ? subscriptions_->name_of(seen.waits_for) : std::string{};
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
                  {},
                  {},
                  {}};
    for (unsigned line = 0; line < producers_.size(); ++line) {
        if (!producers_[line]) continue;
        const Member& member = *producers_[line];
        const ring::ProducerSnapshot p = ring::observe_producer(ring, line);
        std::string waits_for_whom = waits_for(member, p);
        const std::uint32_t claimed = waits_for_whom.empty() ? p.claimed : 0;
        info.producers.push_back({line, member.process.identity.pid, member.process.peer.uid, member.name,
                                  !member.is_gone, p.published, p.found_full, std::move(waits_for_whom), claimed});
    }
    subscriptions_->append_to(info);
    return info;
}

}  // namespace ringview::server
