#pragma once

#include <cassert>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

#include <ringview/detail/consumer_core.hpp>
#include <ringview/ring/consumer_side.hpp>
#include <ringview/view/memory_view.hpp>

namespace ringview::detail {

/// What can be asked of a message, wherever it is kept. `Self` has `const ring::Received& received() const` and
/// `const ConsumerCore* core() const`; where there is no message, an empty one and nullptr.
template <class Self>
class MessageAccess {
 public:
    /// The payload, as long as it was published.
    std::span<const std::byte> bytes() const noexcept { return {taken().payload, taken().length}; }
    /// The payload in the ring's format and shape, readonly. Valid until the message is released.
    MemoryView view() const noexcept {
        const ConsumerCore* core = self().core();
        if (core == nullptr) return {};
        return core->attachment.shape().view(const_cast<std::byte*>(taken().payload), taken().length,
                                             ViewAccess::read_only);
    }
    /// The message's number in its ring.
    std::uint64_t position() const noexcept { return taken().position; }
    /// The id of the producer that wrote it; below the number of producers that the ring can have.
    unsigned producer() const noexcept {
        const ConsumerCore* core = self().core();
        return core == nullptr ? 0 : core->side.producer_of(taken().position);
    }
    /// When it was published: CLOCK_MONOTONIC of this machine, which is what std::chrono::steady_clock reads, so that
    /// `steady_clock::now() - message.published_at()` is its age. Messages of a batch that was published together have
    /// one time. time_point{} on a ring without timestamps. The producer's word: nobody checks it.
    std::chrono::steady_clock::time_point published_at() const noexcept {
        const ConsumerCore* core = self().core();
        const std::int64_t time_ns = core == nullptr ? 0 : core->side.publish_time_ns(taken().position);
        return std::chrono::steady_clock::time_point(std::chrono::nanoseconds(time_ns));
    }
    /// Positions lost between the message before and this one; for the first, also between the position where its
    /// consumer wished to begin and the one where it could.
    std::uint64_t lost_before() const noexcept { return taken().lost_before; }
    /// Of a group: another member was handed it before, and died or closed its consumer without releasing it. It may
    /// have done all or part of what is to be done with it.
    bool is_redelivered() const noexcept { return taken().is_redelivered; }

 private:
    const Self& self() const noexcept { return static_cast<const Self&>(*this); }
    const ring::Received& taken() const noexcept { return self().received(); }
};

/// A message's elements where they are T: the attach has compared the layouts. Nothing where T is void.
template <class Self, class T>
class ElementAccess {
 public:
    const T* operator->() const noexcept { return &**this; }
    const T& operator*() const noexcept {
        assert(taken().length >= sizeof(T));
        return *reinterpret_cast<const T*>(taken().payload);
    }
    /// All elements of the shape, in C order.
    std::span<const T> elements() const noexcept {
        return {reinterpret_cast<const T*>(taken().payload), taken().length / sizeof(T)};
    }

 private:
    const ring::Received& taken() const noexcept { return static_cast<const Self&>(*this).received(); }
};

template <class Self>
class ElementAccess<Self, void> {};

}  // namespace ringview::detail
