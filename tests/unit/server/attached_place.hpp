#pragma once

#include <utility>

#include <ringview/layout/validate.hpp>
#include <ringview/platform/mapping.hpp>
#include <ringview/platform/shared_memory.hpp>
#include <ringview/ring/barrier.hpp>
#include <ringview/ring/consumer_side.hpp>
#include <ringview/ring/producer_side.hpp>

#include "registry.hpp"

namespace ringview::server {

/// Both segments of an attached place, mapped as the client would.
class Place {
 public:
    Place(Registry::Attached attached, platform::Access access)
        : attached_(std::move(attached)),
          slots_(attached_.fds[0].get(), platform::file_bytes(attached_.fds[0].get()), access),
          cursors_(attached_.fds[1].get(), platform::file_bytes(attached_.fds[1].get()), platform::Access::read_write),
          header_(layout::validate(slots_.bytes(), cursors_.bytes())) {}

    ring::ProducerSide<> producer() const {
        return {{header_.geometry, slots_.data(), cursors_.data()}, barrier(), index()};
    }
    ring::ConsumerSide<> consumer(ring::Overrun overrun) const {
        return {{header_.geometry, slots_.data(), cursors_.data()},
                barrier(),
                index(),
                attached_.reply.position,
                0,
                overrun};
    }
    /// Where the reply names a group.
    ring::ConsumerSide<> member() const {
        return {{{header_.geometry, slots_.data(), cursors_.data()},
                 barrier(),
                 index(),
                 attached_.reply.position,
                 attached_.reply.lost},
                static_cast<unsigned>(attached_.reply.group.value())};
    }
    /// For looking.
    layout::WritableRing<> memory() const {
        return {header_.geometry, const_cast<std::byte*>(slots_.data()), cursors_.data()};
    }
    const control::AttachReply& reply() const { return attached_.reply; }
    std::uint64_t endpoint() const { return attached_.reply.endpoint; }

 private:
    unsigned index() const { return static_cast<unsigned>(attached_.reply.index); }
    ring::Barrier barrier() const { return ring::Barrier(header_.geometry.asymmetric_barrier); }

    Registry::Attached attached_;
    platform::Mapping slots_;
    platform::Mapping cursors_;
    layout::RingHeader header_;
};

}  // namespace ringview::server
