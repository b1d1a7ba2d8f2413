#pragma once

#include <atomic>

namespace ringview::test {

/// std::atomic, but whatever order a store asks for, it is relaxed. A side of the ring that is built on it has lost its
/// releases.
template <class T>
struct RelaxedStores {
    std::atomic<T> word;

    T load(std::memory_order order = std::memory_order_seq_cst) const noexcept { return word.load(order); }
    void store(T value, std::memory_order = std::memory_order_seq_cst) noexcept {
        word.store(value, std::memory_order_relaxed);
    }
    T fetch_add(T value, std::memory_order order = std::memory_order_seq_cst) noexcept {
        return word.fetch_add(value, order);
    }
    T fetch_or(T value, std::memory_order order = std::memory_order_seq_cst) noexcept {
        return word.fetch_or(value, order);
    }
    T fetch_and(T value, std::memory_order order = std::memory_order_seq_cst) noexcept {
        return word.fetch_and(value, order);
    }
    bool compare_exchange_weak(T& expected, T value, std::memory_order order, std::memory_order failure) noexcept {
        return word.compare_exchange_weak(expected, value, order, failure);
    }
    bool compare_exchange_strong(T& expected, T value, std::memory_order order,
                                 std::memory_order failure = std::memory_order_relaxed) noexcept {
        return word.compare_exchange_strong(expected, value, order, failure);
    }
};

}  // namespace ringview::test
