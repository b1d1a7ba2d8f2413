#pragma once

#include <atomic>

#include <ringview/platform/membarrier.hpp>

namespace ringview::ring {

/// The two halves of an asymmetric fence. The side that runs for every message calls light(); the side that is about to
/// sleep calls heavy(). Between a store before light() and a load after it on one side, and a store before heavy() and
/// a load after it on the other, at least one side sees the other's store.
///
/// On an asymmetric ring heavy() makes every processor that runs a registered process pass a full fence, so light()
/// need only hold the compiler. Without membarrier both are full fences, which is sound on either side alone.
class Barrier {
 public:
    /// Calls membarrier for a process that may not. Returns whether it was done.
    using Remote = bool (*)(void* context) noexcept;

    /// `ring_is_asymmetric` as the ring's header says; registers this process where that is so. `remote` may be null.
    explicit Barrier(bool ring_is_asymmetric, Remote remote = nullptr, void* remote_context = nullptr) noexcept
        : light_is_full_(!ring_is_asymmetric || !platform::register_membarrier()),
          heavy_is_local_(!ring_is_asymmetric),
          remote_(remote),
          remote_context_(remote_context) {}

    [[gnu::always_inline]] void light() const noexcept {
        if (light_is_full_) [[unlikely]] {
            std::atomic_thread_fence(std::memory_order_seq_cst);
        } else {
            light_for_compiler();
        }
    }

    /// Whether light() is a fence of the processor too; where it is not, light_for_compiler() does the same.
    [[gnu::always_inline]] bool light_is_full() const noexcept { return light_is_full_; }
    [[gnu::always_inline]] static void light_for_compiler() noexcept {
        std::atomic_signal_fence(std::memory_order_seq_cst);
    }

    /// Whether heavy() is a fence of the calling thread and nothing else. Where it is not, one call does for all rings.
    bool is_local() const noexcept { return heavy_is_local_; }

    /// False only where neither this process nor the daemon can call membarrier: a sleeper, whose sleeps are bounded,
    /// can live with that; whoever would overwrite something cannot.
    bool heavy() const noexcept {
        std::atomic_thread_fence(std::memory_order_seq_cst);
        return heavy_is_local_ || platform::membarrier() || (remote_ != nullptr && remote_(remote_context_));
    }

 private:
    bool light_is_full_;
    bool heavy_is_local_;
    Remote remote_;
    void* remote_context_;
};

}  // namespace ringview::ring
