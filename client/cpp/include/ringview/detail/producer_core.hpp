#pragma once

#include <memory>
#include <utility>

#include <ringview/detail/attachment.hpp>
#include <ringview/detail/producer_end.hpp>
#include <ringview/detail/why_unusable.hpp>

namespace ringview::detail {

/// What a producer's handle and its slots share.
struct ProducerCore {
    ProducerCore(Grant grant, std::shared_ptr<Connection> connection, const ring::WaitOptions& waits)
        : attachment(std::move(grant), platform::Access::read_write, std::move(connection)),
          side({attachment.header().geometry, attachment.slots(), attachment.cursors()}, attachment.barrier(),
               attachment.index(), waits) {}

    bool is_in_use() const noexcept { return side.has_reservation(); }
    /// What is reserved and was not published. In a forked child it is the parent's, and only forgotten.
    void give_up_reservation() noexcept {
        if (attachment.is_in_creator()) [[likely]] {
            side.abandon();
        } else {
            side.disown();
        }
    }

    void become_orphan() noexcept {
        is_orphaned = true;
        side.become_unusual();
    }

    Attachment attachment;
    ProducerEnd side;
    bool is_orphaned = false;
};

}  // namespace ringview::detail
