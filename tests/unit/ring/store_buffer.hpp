#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <mutex>
#include <vector>

namespace ringview::test {

/// The store buffer of a processor, held back as long as a test likes: what its thread stores is seen by that thread
/// alone until somebody drains it, as membarrier does. One a program.
class StoreBuffer {
 public:
    /// From now on the stores of this thread wait here.
    static void hold() noexcept { holds_back = true; }
    static void release() {
        holds_back = false;
        drain();
    }
    static bool is_held() noexcept { return holds_back; }

    static void push(const void* word, std::uint64_t value, std::function<void()> store) {
        const std::lock_guard lock(guard);
        waiting.push_back({word, value, std::move(store)});
    }
    /// Lets every store arrive, in order.
    static void drain() {
        const std::lock_guard lock(guard);
        for (const Store& store : waiting) store.arrive();
        waiting.clear();
    }
    /// What this thread sees of a word that it has stored: its last store. False where none waits.
    static bool forward(const void* word, std::uint64_t& value) {
        const std::lock_guard lock(guard);
        const auto last =
            std::find_if(waiting.rbegin(), waiting.rend(), [=](const Store& s) { return s.word == word; });
        if (!holds_back || last == waiting.rend()) return false;
        value = last->value;
        return true;
    }

 private:
    struct Store {
        const void* word;
        std::uint64_t value;
        std::function<void()> arrive;
    };
    static inline std::mutex guard;
    static inline std::vector<Store> waiting;
    static inline thread_local bool holds_back = false;
};

/// std::atomic whose stores go through the StoreBuffer of a thread that holds one. A read-modify-write drains it, as on
/// x86-64.
template <class T>
struct BufferedStores {
    std::atomic<T> word;

    T load(std::memory_order order = std::memory_order_seq_cst) const {
        std::uint64_t own = 0;
        if (StoreBuffer::is_held() && StoreBuffer::forward(&word, own)) return static_cast<T>(own);
        return word.load(order);
    }
    void store(T value, std::memory_order order = std::memory_order_seq_cst) {
        if (!StoreBuffer::is_held()) return word.store(value, order);
        StoreBuffer::push(&word, value, [this, value] { word.store(value); });
    }
    T fetch_add(T value, std::memory_order = std::memory_order_seq_cst) { return drained().fetch_add(value); }
    T fetch_or(T value, std::memory_order = std::memory_order_seq_cst) { return drained().fetch_or(value); }
    T fetch_and(T value, std::memory_order = std::memory_order_seq_cst) { return drained().fetch_and(value); }
    bool compare_exchange_weak(T& expected, T value, std::memory_order, std::memory_order) {
        return drained().compare_exchange_weak(expected, value);
    }
    bool compare_exchange_strong(T& expected, T value, std::memory_order,
                                 std::memory_order = std::memory_order_seq_cst) {
        return drained().compare_exchange_strong(expected, value);
    }

 private:
    std::atomic<T>& drained() {
        if (StoreBuffer::is_held()) StoreBuffer::drain();
        return word;
    }
};

}  // namespace ringview::test
