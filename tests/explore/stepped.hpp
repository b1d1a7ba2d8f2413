#pragma once

#include <atomic>

#include "fiber.hpp"

namespace ringview::explore {

/// std::atomic, each access to which is a step of the fiber that makes it: others may run before it.
template <class T>
struct Stepped : std::atomic<T> {
    using Base = std::atomic<T>;
    using Order = std::memory_order;

    T load(Order order) const noexcept {
        Fiber::step();
        return Base::load(order);
    }
    void store(T value, Order order) noexcept {
        Fiber::step();
        Base::store(value, order);
    }
    T fetch_add(T value, Order order) noexcept {
        Fiber::step();
        return Base::fetch_add(value, order);
    }
    T fetch_or(T value, Order order) noexcept {
        Fiber::step();
        return Base::fetch_or(value, order);
    }
    T fetch_and(T value, Order order) noexcept {
        Fiber::step();
        return Base::fetch_and(value, order);
    }
    bool compare_exchange_strong(T& expected, T value, Order order) noexcept {
        Fiber::step();
        return Base::compare_exchange_strong(expected, value, order);
    }
    bool compare_exchange_strong(T& expected, T value, Order success, Order failure) noexcept {
        Fiber::step();
        return Base::compare_exchange_strong(expected, value, success, failure);
    }
    bool compare_exchange_weak(T& expected, T value, Order success, Order failure) noexcept {
        Fiber::step();
        return Base::compare_exchange_weak(expected, value, success, failure);
    }
};

}  // namespace ringview::explore
