#include <ringview/detail/attachment.hpp>
#include <ringview/layout/cursors_segment.hpp>
#include <ringview/layout/validate.hpp>
#include <ringview/platform/error.hpp>
#include <ringview/platform/mapped_pages.hpp>

#include "connection.hpp"

namespace ringview::detail {
namespace {

platform::Mapping map(const platform::UniqueFd& fd, platform::Access access, bool prefault) {
    platform::Mapping mapping(fd.get(), static_cast<std::size_t>(platform::file_bytes(fd.get())), access);
    if (prefault) platform::prefault(mapping, access);
    return mapping;
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

ring::Barrier Attachment::barrier() const noexcept {
    const auto ask_daemon = [](void* connection) noexcept { return static_cast<Connection*>(connection)->barrier(); };
    return ring::Barrier(header_.geometry.asymmetric_barrier, ask_daemon, place_.connection.get());
}

}  // namespace ringview::detail
