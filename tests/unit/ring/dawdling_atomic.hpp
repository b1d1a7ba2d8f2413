#pragma once

#include <atomic>
#include <chrono>
#include <random>

namespace ringview::test {

/// Whether this thread dawdles: now and then some microseconds pass between two of its steps, as if it were interrupted
/// there. A mistake whose moment is a few instructions long is met so; at full speed hardly ever.
class Dawdling {
 public:
    /// One of four times.
    static void begin_or_end() { dawdles = random() % 4 == 0; }
    static void step() noexcept {
        if (!dawdles || random() % 4 != 0) return;
        const auto end = std::chrono::steady_clock::now() + std::chrono::nanoseconds(random() % 20'000);
        while (std::chrono::steady_clock::now() < end) {
        }
    }

 private:
    static inline thread_local std::minstd_rand random{std::random_device{}()};
    static inline thread_local bool dawdles = false;
};

/// std::atomic, before whose loads and stores a thread may dawdle.
template <class T>
struct DawdlingAtomic : std::atomic<T> {
    T load(std::memory_order order = std::memory_order_seq_cst) const noexcept {
        Dawdling::step();
        return std::atomic<T>::load(order);
    }
    void store(T value, std::memory_order order = std::memory_order_seq_cst) noexcept {
        Dawdling::step();
        std::atomic<T>::store(value, order);
    }
};

}  // namespace ringview::test
