#pragma once

#include <memory>
#include <utility>

#include <ringview/detail/attachment.hpp>
#include <ringview/detail/why_unusable.hpp>
#include <ringview/ring/producer_side.hpp>

namespace ringview::detail {

/// What a producer's handle and its slots share.
struct ProducerCore {
    ProducerCore(Grant grant, std::shared_ptr<Connection> connection, const ring::WaitOptions& waits)
        : attachment(std::move(grant), platform::Access::read_write, std::move(connection)),
          side({attachment.header().geometry, attachment.slots(), attachment.cursors()}, attachment.barrier(),
               attachment.index(), waits) {}

    bool is_in_use() const noexcept { return side.has_reservation(); }

    Attachment attachment;
    ring::ProducerSide<> side;
    bool is_orphaned = false;
};

}  // namespace ringview::detail
