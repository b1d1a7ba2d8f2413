#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include <ringview/control/ring_spec.hpp>
#include <ringview/detail/attachment.hpp>
#include <ringview/detail/message_event.hpp>
#include <ringview/detail/why_unusable.hpp>
#include <ringview/platform/error.hpp>
#include <ringview/ring/consumer_side.hpp>

namespace ringview::detail {

/// What a consumer's handle and its messages share.
struct ConsumerCore {
    ConsumerCore(Grant grant, std::shared_ptr<Connection> connection, Policy policy, const ring::WaitOptions& waits)
        : lost_at_start(grant.lost),
          attachment(std::move(grant), platform::Access::read_only, std::move(connection)),
          side(make_side(policy, waits)) {}

    ring::ConsumerSide<> make_side(Policy policy, const ring::WaitOptions& waits) const {
        const layout::ReadableRing<> ring{attachment.header().geometry, attachment.slots(), attachment.cursors()};
        const std::uint64_t min_length = attachment.shape().min_length();
        if (attachment.group())
            return {{ring, attachment.barrier(), attachment.index(), attachment.first_position(), lost_at_start,
                     min_length, waits},
                    *attachment.group()};
        return {ring,       attachment.barrier(), attachment.index(), attachment.first_position(),
                min_length, overrun_of(policy),   lost_at_start,      waits};
    }
    ring::Overrun overrun_of(Policy policy) const noexcept {
        if (policy == Policy::lossy) return ring::Overrun::laps_us;
        return attachment.header().stall_timeout_ms != 0 ? ring::Overrun::evicts_us : ring::Overrun::never;
    }
    bool is_in_use() const noexcept { return side.holds_messages(); }
    void become_orphan() noexcept {
        is_orphaned = true;
        side.become_unusual();
    }
    int event_fd();

    std::uint64_t lost_at_start;
    Attachment attachment;
    ring::ConsumerSide<> side;
    std::unique_ptr<MessageEvent> event;
    bool is_orphaned = false;
};

}  // namespace ringview::detail
