#include <algorithm>
#include <atomic>

#include <ringview/ring/eviction.hpp>
#include <ringview/ring/wake.hpp>

namespace ringview::ring {
namespace {

void set_state(const DaemonRing& ring, unsigned subscription, layout::MemberState state) noexcept {
    ring.subscription_record(subscription).state.store(static_cast<std::uint32_t>(state), std::memory_order_release);
}

bool holds_anything(const DaemonRing& ring, unsigned subscription) noexcept {
    const auto& held = ring.cursor(subscription).held;
    return std::any_of(std::begin(held), std::end(held),
                       [](const auto& word) { return word.load(std::memory_order_acquire) != 0; });
}

/// A consumer sleeps on its state and on the seq that it waits for, or only on that.
void wake_consumer(const DaemonRing& ring, unsigned subscription) noexcept {
    if ((ring.waiters().bits.load(std::memory_order_acquire) >> subscription & 1) == 0) return;
    platform::futex_wake_all(&ring.subscription_record(subscription).state);
    const layout::Seq awaited = ring.cursor(subscription).wait_seq.load(std::memory_order_relaxed);
    platform::futex_wake_all(&ring.slot(awaited - 1).seq);
}

}  // namespace

std::optional<layout::Position> evict(const DaemonRing& ring, const Barrier& barrier, unsigned subscription,
                                      HeldMarks marks) noexcept {
    auto& membership = ring.state().membership;
    auto& pos = ring.cursor(subscription).pos;
    const std::uint64_t bit = std::uint64_t{1} << subscription;
    if (marks == HeldMarks::stored) {
        // E10: hold against eviction. Until here producers honour its pos, and so every mark that we do not see is one
        // of a message that its consumer will not begin.
        set_state(ring, subscription, layout::MemberState::evicting);
        if (!barrier.heavy()) {
            set_state(ring, subscription, layout::MemberState::active);
            return std::nullopt;
        }
        // What it holds is looked after as if it were lossy, before producers pass its pos (E7).
        if (holds_anything(ring, subscription)) membership.lossy.fetch_or(bit, std::memory_order_release);
    }
    set_state(ring, subscription, layout::MemberState::evicted);
    membership.lossless.fetch_and(~bit, std::memory_order_release);
    membership.join_epoch.fetch_add(1, std::memory_order_seq_cst);
    // E4: whoever is about to sleep on pos sees another value, and then that nobody blocks it. A lower one, so that
    // nothing that is held lies below it. In one step, for its consumer may release messages at this moment: their pos
    // must not be put back.
    const layout::Position unreleased = pos.fetch_sub(1, std::memory_order_acq_rel);
    platform::futex_wake_all(&pos);
    wake_consumer(ring, subscription);
    return unreleased;
}

bool settle_evicted(const DaemonRing& ring, unsigned subscription) noexcept {
    auto& membership = ring.state().membership;
    const std::uint64_t bit = std::uint64_t{1} << subscription;
    if ((membership.lossy.load(std::memory_order_relaxed) & bit) == 0) return true;
    if (holds_anything(ring, subscription)) return false;
    membership.lossy.fetch_and(~bit, std::memory_order_release);
    membership.join_epoch.fetch_add(1, std::memory_order_seq_cst);
    return true;
}

}  // namespace ringview::ring
