#pragma once

#include <atomic>
#include <functional>
#include <utility>

namespace ringview::test {

/// Runs something of another process at the moment when a word has just been loaded, once.
template <class T>
struct InterruptedAtomic : std::atomic<T> {
    T load(std::memory_order order) const noexcept {
        const T value = std::atomic<T>::load(order);
        if (this == interrupted_word) std::exchange(interruption, [] {})();
        return value;
    }
    static inline const void* interrupted_word = nullptr;
    static inline std::function<void()> interruption = [] {};
};

}  // namespace ringview::test
