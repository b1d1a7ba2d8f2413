#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <random>
#include <thread>

namespace ringview::test {

/// Whether this thread dawdles: now and then some microseconds pass between two of its steps, as if it were interrupted
/// there. A mistake whose moment is a few instructions long is met so; at full speed hardly ever.
class Dawdling {
 public:
    /// One of four times. Where `awaited` is given, the others are met while they fall asleep: a pause lasts until they
    /// have said so, or not much longer than that takes.
    static void begin_or_end(const std::atomic<std::uint64_t>* awaited = nullptr) {
        dawdles = random() % 4 == 0;
        awaited_bits = awaited;
    }
    /// What was awaited is about to go.
    static void end() noexcept {
        dawdles = false;
        awaited_bits = nullptr;
    }
    static void step() noexcept {
        if (!dawdles || random() % 4 != 0) return;
        const auto start = std::chrono::steady_clock::now();
        const auto is_awaited = [&] {
            return awaited_bits != nullptr && awaited_bits->load(std::memory_order_relaxed) == 0 &&
                   std::chrono::steady_clock::now() - start < std::chrono::microseconds(200);
        };
        while (is_awaited()) std::this_thread::yield();
        const auto end = std::chrono::steady_clock::now() + std::chrono::nanoseconds(random() % 20'000);
        while (std::chrono::steady_clock::now() < end) {
        }
    }

 private:
    static inline thread_local std::minstd_rand random{std::random_device{}()};
    static inline thread_local bool dawdles = false;
    static inline thread_local const std::atomic<std::uint64_t>* awaited_bits = nullptr;
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
