#include <ringview/detail/attachment.hpp>
#include <ringview/layout/cursors_segment.hpp>
#include <ringview/layout/ring_memory.hpp>
#include <ringview/layout/validate.hpp>
#include <ringview/platform/error.hpp>
#include <ringview/platform/mapped_pages.hpp>
#include <ringview/platform/process.hpp>

#include "connection.hpp"

namespace ringview::detail {
namespace {

platform::Mapping map(const platform::UniqueFd& fd, platform::Access access, bool prefault) {
    platform::Mapping mapping(fd.get(), static_cast<std::size_t>(platform::file_bytes(fd.get())), access);
    if (prefault) platform::prefault(mapping, access);
    return mapping;
}

/// Where the daemon knows us by the pid that we have ourselves, the others' pids mean the same to it and to us.
template <class Record>
bool is_this_process(const Record& record) {
    const platform::ProcessIdentity self = platform::self_identity();
    return record.pid == self.pid && record.start_time_ticks == self.start_time_ticks;
}

}  // namespace

Attachment::Place::Place(Grant grant, platform::Access slots_access, std::shared_ptr<Connection> daemon_connection,
                         const platform::ForkFlag& flag)
    : fork_flag(flag),
      connection(std::move(daemon_connection)),
      endpoint_id(grant.endpoint_id),
      index(grant.index),
      first_position(grant.first_position),
      group(grant.group) {
    try {
        slots = map(grant.slots, slots_access, grant.prefault);
        cursors = map(grant.cursors, platform::Access::read_write, grant.prefault);
    } catch (...) {
        connection->detach(endpoint_id);
        throw;
    }
}

Attachment::Place::~Place() {
    if (fork_flag.is_in_creator()) connection->detach(endpoint_id);
}

Attachment::Attachment(Grant grant, platform::Access slots_access, std::shared_ptr<Connection> connection)
    : place_(std::move(grant), slots_access, std::move(connection), fork_flag_),
      header_(layout::validate(place_.slots.bytes(), place_.cursors.bytes())),
      shape_(header_.format, header_.shape, header_.geometry.slot_capacity) {
    const bool is_producer = slots_access == platform::Access::read_write;
    const unsigned limit = is_producer ? header_.geometry.producer_limit : layout::max_subscriptions;
    if (place_.index >= limit) {
        throw Error(Error::corrupt,
                    "the daemon gave place " + std::to_string(place_.index) + " of " + std::to_string(limit));
    }
    if (place_.group && *place_.group >= layout::max_groups) {
        throw Error(Error::corrupt, "the daemon gave a place in group " + std::to_string(*place_.group) + " of " +
                                        std::to_string(layout::max_groups));
    }
}

Attachment::~Attachment() = default;

/// The daemon may be writing a record while it is read. Then a producer is just coming, and was not there a moment ago.
bool Attachment::has_running_producer() const {
    const layout::ReadableRing<> ring{header_.geometry, slots(), cursors()};
    const bool are_pids_ours = is_this_process(ring.subscription_record(index()));
    for (unsigned line = 0; line < header_.geometry.producer_limit; ++line) {
        const auto& record = ring.producer_record(line);
        if (record.state.load(std::memory_order_acquire) != static_cast<std::uint32_t>(layout::MemberState::active))
            continue;
        const platform::ProcessIdentity process{record.pid, record.start_time_ticks, record.pid_namespace};
        // 0: the daemon could not see it.
        const bool is_known = are_pids_ours && process.pid != 0 && process.start_time_ticks != 0;
        if (!is_known || !platform::has_ended(process)) return true;
    }
    return false;
}

ring::Barrier Attachment::barrier() const noexcept {
    const auto ask_daemon = [](void* connection) noexcept { return static_cast<Connection*>(connection)->barrier(); };
    return ring::Barrier(header_.geometry.asymmetric_barrier, ask_daemon, place_.connection.get());
}

}  // namespace ringview::detail
