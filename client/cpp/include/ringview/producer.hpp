#pragma once

#include <cassert>
#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>

#include <ringview/detail/keep_alive.hpp>
#include <ringview/detail/producer_core.hpp>
#include <ringview/platform/error.hpp>
#include <ringview/slot_batch.hpp>
#include <ringview/view/memory_view.hpp>

namespace ringview {

/// A reserved slot: write its payload in place, then publish() it. What the payload holds before is undefined. Falsy
/// where reserve failed, once published and once moved from; error() says why, and it has no bytes then: only * and ->
/// need a slot. Dropped unpublished it is abandoned, and no consumer ever sees it (of several producers' rings it takes
/// a position all the same, which consumers step over). Belongs to the thread that uses its producer.
class [[nodiscard]] AnySlot {
 public:
    AnySlot(AnySlot&& other) noexcept
        : core_(std::exchange(other.core_, nullptr)),
          payload_(std::exchange(other.payload_, nullptr)),
          length_(std::exchange(other.length_, 0)),
          error_(std::exchange(other.error_, Error::closed)) {}
    AnySlot& operator=(AnySlot&& other) noexcept {
        AnySlot(std::move(other)).swap(*this);
        return *this;
    }
    [[gnu::always_inline]] ~AnySlot() { abandon(); }

    explicit operator bool() const noexcept { return core_ != nullptr; }
    /// Error::full, Error::busy (this producer has a slot out), Error::removed, Error::forked; Error::closed once
    /// published or moved from; no error in a slot that can be written.
    std::error_code error() const noexcept { return core_ != nullptr ? std::error_code{} : make_error_code(error_); }

    /// The payload as far as it will be published.
    std::span<std::byte> bytes() noexcept { return {payload_, length_}; }
    /// The payload in the ring's format and shape. Valid until the slot is published or dropped.
    MemoryView view() noexcept {
        if (core_ == nullptr) return {};
        return core_->attachment.shape().view(payload_, length_, ViewAccess::read_write);
    }
    std::size_t capacity() const noexcept {
        return core_ == nullptr ? 0 : static_cast<std::size_t>(core_->attachment.header().geometry.slot_capacity);
    }

    /// Publishes `bytes` bytes instead of the whole shape. Error::invalid where that passes the capacity, or where the
    /// ring's shape is fixed and needs more. With a shape of -1 the length sets the first dimension.
    std::error_code resize(std::size_t bytes) noexcept {
        if (core_ == nullptr) return make_error_code(error_);
        if (!core_->attachment.shape().allows(bytes)) return make_error_code(Error::invalid);
        length_ = static_cast<std::uint32_t>(bytes);
        return {};
    }

    /// Hands the message to the consumers. The slot is falsy afterwards. Returns an error, and publishes nothing, in a
    /// forked child and where there is no slot.
    [[gnu::always_inline]] std::error_code publish() noexcept {
        if (core_ == nullptr) return make_error_code(error_);
        if (!core_->attachment.is_in_creator()) [[unlikely]]
            return make_error_code(Error::forked);
        detail::ProducerCore* core = std::exchange(core_, nullptr);
        std::byte* payload = std::exchange(payload_, nullptr);
        const std::uint32_t length = std::exchange(length_, 0);
        error_ = Error::closed;
        if (!core->side.publish_at_once(payload, length)) [[unlikely]]
            publish_otherwise(core, length);
        return {};
    }

 protected:
    /// `reserve(side)` is for where no slot is to be had at once: it waits, or says why there is none.
    template <class Reserve>
    [[gnu::always_inline]] AnySlot(detail::ProducerCore* core, const Reserve& reserve) noexcept
        : core_(core), payload_(nullptr), length_(0), error_() {
        if (core != nullptr && core->attachment.is_in_creator()) [[likely]]
            payload_ = core->side.reserve_at_once();
        if (payload_ == nullptr) [[unlikely]] {
            const Reserved slot = reserve_otherwise(core, reserve);
            payload_ = slot.payload;
            error_ = slot.error;
            if (payload_ == nullptr) core_ = nullptr;
        }
        if (core_ != nullptr) length_ = static_cast<std::uint32_t>(core->attachment.shape().full_length());
    }

    std::byte* payload() const noexcept { return payload_; }
    std::size_t length() const noexcept { return length_; }

 private:
    struct Reserved {
        std::byte* payload;  ///< nullptr where there is an error
        Error::Code error;
    };
    template <class Reserve>
    [[gnu::noinline]] static Reserved reserve_otherwise(detail::ProducerCore* core, const Reserve& reserve) noexcept {
        Error::Code error = detail::why_unusable(core);
        if (error == Error::Code{}) error = reserve(core->side);
        return {error == Error::Code{} ? core->side.payload() : nullptr, error};
    }
    [[gnu::noinline]] static void publish_otherwise(detail::ProducerCore* core, std::uint32_t length) noexcept {
        core->side.publish(length);
        detail::delete_if_orphaned(core);
    }
    void swap(AnySlot& other) noexcept {
        std::swap(core_, other.core_);
        std::swap(payload_, other.payload_);
        std::swap(length_, other.length_);
        std::swap(error_, other.error_);
    }
    [[gnu::always_inline]] void abandon() noexcept {
        if (core_ != nullptr) give_back(std::exchange(core_, nullptr));
    }
    [[gnu::noinline]] static void give_back(detail::ProducerCore* core) noexcept {
        core->give_up_reservation();
        detail::delete_if_orphaned(core);
    }

    detail::ProducerCore* core_;
    std::byte* payload_;
    std::uint32_t length_;
    Error::Code error_;
};

/// A slot whose elements are T: the attach has compared the layouts.
template <class T = void>
class [[nodiscard]] Slot : public AnySlot {
 public:
    Slot(Slot&&) noexcept = default;
    Slot& operator=(Slot&&) noexcept = default;
    [[gnu::always_inline]] ~Slot() = default;

    T* operator->() noexcept { return &**this; }
    T& operator*() noexcept {
        assert(length() >= sizeof(T));
        return *reinterpret_cast<T*>(payload());
    }
    /// All elements of the shape, in C order.
    std::span<T> elements() noexcept { return {reinterpret_cast<T*>(payload()), length() / sizeof(T)}; }

 private:
    template <class>
    friend class Producer;
    template <class Reserve>
    [[gnu::always_inline]] Slot(detail::ProducerCore* core, const Reserve& reserve) noexcept : AnySlot(core, reserve) {}
};

template <>
class [[nodiscard]] Slot<void> : public AnySlot {
    template <class>
    friend class Producer;
    template <class Reserve>
    [[gnu::always_inline]] Slot(detail::ProducerCore* core, const Reserve& reserve) noexcept : AnySlot(core, reserve) {}
};

/// Writes messages into a ring, in place. `Producer<T>` for a ring of T, `Producer<>` for any.
///
/// A handle belongs to one thread at a time. It may outlive its Client; in a forked child every call answers
/// Error::forked, in a handle that was moved from Error::closed; of a ring, format or id such a handle has none: it
/// answers with an empty name, `B` and 0. reserve and publish allocate nothing, take no lock, and make no
/// system call unless they must sleep or wake.
template <class T = void>
class Producer {
 public:
    Producer(Producer&&) noexcept = default;
    Producer& operator=(Producer&&) noexcept = default;

    /// Waits for a free slot.
    [[gnu::always_inline]] Slot<T> reserve() noexcept {
        return {core_.get(), [](auto& side) { return side.reserve(ring::Deadline::never()); }};
    }
    /// Waits at most `timeout`; then Error::full.
    Slot<T> reserve(std::chrono::nanoseconds timeout) noexcept {
        return {core_.get(), [timeout](auto& side) { return side.reserve(ring::Deadline::after(timeout)); }};
    }
    /// Error::full where every slot is still unread. Does not wait, but may pause for 0.4 µs where it runs right behind
    /// the slowest consumer.
    [[gnu::always_inline]] Slot<T> try_reserve() noexcept {
        return {core_.get(), [](auto& side) { return side.try_reserve(); }};
    }

    /// Waits for a free slot and reserves those that are free behind it with it: at most `most`, and at most 64. One
    /// look at what is shared serves all of them, and one publish(). Where the ring has several producers, what is not
    /// published of a batch takes its positions all the same, which consumers step over.
    SlotBatch<T> reserve(std::size_t most) noexcept { return reserve_batch_until(most, ring::Deadline::never()); }
    /// Waits at most `timeout` for the first; then Error::full.
    SlotBatch<T> reserve(std::size_t most, std::chrono::nanoseconds timeout) noexcept {
        return reserve_batch_until(most, ring::Deadline::after(timeout));
    }
    /// Error::full where every slot is still unread.
    SlotBatch<T> try_reserve(std::size_t most) noexcept {
        return {core_.get(), most, [](auto& side, std::uint64_t count) noexcept { return side.try_reserve(count); }};
    }

    const std::string& ring() const noexcept {
        return core_ == nullptr ? detail::no_ring : core_->attachment.header().name;
    }
    const Format& format() const noexcept {
        return core_ == nullptr ? Format::bytes() : core_->attachment.shape().format();
    }
    /// The index of this producer's line in the ring: what its messages tell as their producer().
    unsigned id() const noexcept { return core_ == nullptr ? 0 : core_->attachment.index(); }

 private:
    friend class Client;
    explicit Producer(detail::CorePtr<detail::ProducerCore> core) noexcept : core_(std::move(core)) {}

    SlotBatch<T> reserve_batch_until(std::size_t most, ring::Deadline deadline) noexcept {
        return {core_.get(), most,
                [deadline](auto& side, std::uint64_t count) noexcept { return side.reserve(deadline, count); }};
    }

    detail::CorePtr<detail::ProducerCore> core_;
};

}  // namespace ringview
