#pragma once

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <system_error>
#include <utility>

#include <ringview/detail/keep_alive.hpp>
#include <ringview/detail/producer_core.hpp>
#include <ringview/platform/error.hpp>
#include <ringview/view/memory_view.hpp>

namespace ringview {

/// One reserved slot of a SlotBatch: write its payload in place, which holds anything before. Valid until the batch is
/// published or dropped.
template <class T = void>
class BatchedSlot {
 public:
    BatchedSlot(std::byte* payload, std::uint32_t& length, const detail::PayloadShape& shape) noexcept
        : payload_(payload), length_(&length), shape_(&shape) {}

    /// The payload as far as it will be published.
    std::span<std::byte> bytes() const noexcept { return {payload_, *length_}; }
    /// The payload in the ring's format and shape.
    MemoryView view() const noexcept { return shape_->view(payload_, *length_, ViewAccess::read_write); }
    /// As of Slot.
    std::error_code resize(std::size_t bytes) const noexcept {
        if (!shape_->allows(bytes)) return make_error_code(Error::invalid);
        *length_ = static_cast<std::uint32_t>(bytes);
        return {};
    }

    T* operator->() const noexcept { return reinterpret_cast<T*>(payload_); }
    /// Where T is not void, as it is for operator-> and elements().
    template <class Element = T>
    Element& operator*() const noexcept {
        assert(*length_ >= sizeof(Element));
        return *reinterpret_cast<Element*>(payload_);
    }
    /// All elements of the shape, in C order.
    template <class Element = T>
    std::span<Element> elements() const noexcept {
        return {reinterpret_cast<Element*>(payload_), *length_ / sizeof(Element)};
    }

 private:
    std::byte* payload_;
    std::uint32_t* length_;
    const detail::PayloadShape* shape_;
};

/// Slots in a row that were reserved together: at least one, or falsy, and then error() says why. Write them, then
/// publish() them together; what is not published is abandoned, as with a Slot. Belongs to the thread that uses its
/// producer; stays where it was made.
template <class T = void>
class [[nodiscard]] SlotBatch {
 public:
    SlotBatch(const SlotBatch&) = delete;
    SlotBatch& operator=(const SlotBatch&) = delete;
    ~SlotBatch() { give_back(); }

    explicit operator bool() const noexcept { return count_ != 0; }
    /// As of Slot; Error::invalid where no slot was asked for, or more than the ring has.
    std::error_code error() const noexcept { return count_ != 0 ? std::error_code{} : make_error_code(error_); }
    std::size_t size() const noexcept { return count_; }
    BatchedSlot<T> operator[](std::size_t index) noexcept {
        assert(index < count_);
        return {ring_->payload(first_ + index), lengths_[index], core_->attachment.shape()};
    }

    /// Hands all messages to the consumers, in order. The batch is falsy afterwards. Returns an error, and publishes
    /// nothing, in a forked child and where there are no slots.
    std::error_code publish() noexcept { return publish(count_); }
    /// Only the first `count` of them. Error::invalid, and nothing happens, where there are fewer.
    std::error_code publish(std::size_t count) noexcept {
        if (count_ == 0) return make_error_code(error_);
        if (count > count_) return make_error_code(Error::invalid);
        if (!core_->attachment.is_in_creator()) [[unlikely]]
            return make_error_code(Error::forked);
        count_ = 0;
        error_ = Error::closed;
        core_->side.publish_batch(std::span(lengths_.data(), count));
        detail::delete_if_orphaned(core_);
        return {};
    }

 private:
    template <class>
    friend class Producer;
    /// As many as a consumer takes at once.
    static constexpr std::size_t most_slots = 64;

    /// `reserve(side, most)` reserves up to so many.
    template <class Reserve>
    SlotBatch(detail::ProducerCore* core, std::size_t most, Reserve&& reserve) noexcept : core_(core) {
        error_ = detail::why_unusable(core);
        if (error_ != Error::Code{}) return;
        const auto& attachment = core->attachment;
        error_ = most == 0 || most > attachment.header().geometry.slot_count
                     ? Error::invalid
                     : reserve(core->side, std::min(most, most_slots));
        if (error_ != Error::Code{}) return;
        ring_ = &core->side.ring();
        first_ = core->side.position();
        count_ = static_cast<std::size_t>(core->side.reserved_count());
        std::fill_n(lengths_.begin(), count_, static_cast<std::uint32_t>(attachment.shape().full_length()));
    }

    void give_back() noexcept {
        if (std::exchange(count_, 0) == 0) return;
        core_->give_up_reservation();
        detail::delete_if_orphaned(core_);
    }

    detail::ProducerCore* core_;
    const layout::WritableRing<>* ring_ = nullptr;
    layout::Position first_ = 0;
    std::size_t count_ = 0;
    Error::Code error_;
    std::array<std::uint32_t, most_slots> lengths_;
};

}  // namespace ringview
