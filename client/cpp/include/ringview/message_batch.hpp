#pragma once

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <iterator>
#include <span>
#include <system_error>
#include <utility>

#include <ringview/detail/consumer_core.hpp>
#include <ringview/detail/keep_alive.hpp>
#include <ringview/detail/message_access.hpp>
#include <ringview/platform/error.hpp>

namespace ringview {

/// One message of a MessageBatch: its payload in place. Valid until the batch is released.
template <class T = void>
class BatchedMessage : public detail::MessageAccess<BatchedMessage<T>>,
                       public detail::ElementAccess<BatchedMessage<T>, T> {
 public:
    BatchedMessage(const ring::Received& received, const detail::ConsumerCore& core) noexcept
        : received_(&received), core_(&core) {}

 private:
    friend detail::MessageAccess<BatchedMessage>;
    friend detail::ElementAccess<BatchedMessage, T>;
    const ring::Received& received() const noexcept { return *received_; }
    const detail::ConsumerCore* core() const noexcept { return core_; }

    const ring::Received* received_;
    const detail::ConsumerCore* core_;
};

/// Messages that were taken together, in the ring's order: at least one, or falsy, and then error() says why. Released
/// together when the batch is destroyed. Belongs to the thread that uses its consumer; stays where it was made.
template <class T = void>
class [[nodiscard]] MessageBatch {
 public:
    class Iterator {
     public:
        using iterator_category = std::input_iterator_tag;
        using value_type = BatchedMessage<T>;
        using difference_type = std::ptrdiff_t;

        Iterator() noexcept = default;
        Iterator(const MessageBatch& batch, std::size_t index) noexcept : batch_(&batch), index_(index) {}
        value_type operator*() const noexcept { return (*batch_)[index_]; }
        Iterator& operator++() noexcept {
            ++index_;
            return *this;
        }
        Iterator operator++(int) noexcept { return {*batch_, index_++}; }
        bool operator==(const Iterator& other) const noexcept { return index_ == other.index_; }

     private:
        const MessageBatch* batch_ = nullptr;
        std::size_t index_ = 0;
    };

    MessageBatch(const MessageBatch&) = delete;
    MessageBatch& operator=(const MessageBatch&) = delete;
    ~MessageBatch() { release(); }

    explicit operator bool() const noexcept { return count_ != 0; }
    /// As of Message; Error::invalid where no message was asked for.
    std::error_code error() const noexcept { return count_ != 0 ? std::error_code{} : make_error_code(error_); }
    std::size_t size() const noexcept { return count_; }
    BatchedMessage<T> operator[](std::size_t index) const noexcept {
        assert(index < count_);
        return {messages_[index], *core_};
    }
    Iterator begin() const noexcept { return {*this, 0}; }
    Iterator end() const noexcept { return {*this, count_}; }

    /// Gives all slots back.
    void release() noexcept {
        if (count_ == 0) return;
        const std::span<const ring::Received> messages(messages_.data(), std::exchange(count_, 0));
        error_ = Error::closed;
        if (!core_->attachment.is_in_creator()) [[unlikely]]
            return;  // the cursor is the parent's
        core_->side.release_batch(messages);
        detail::delete_if_orphaned(core_);
    }

 private:
    template <class>
    friend class Consumer;
    static constexpr std::size_t most_messages = ring::ConsumerSide<>::max_held;

    /// `receive(side, messages, count)` fills in at most `most` messages.
    template <class Receive>
    MessageBatch(detail::ConsumerCore* core, std::size_t most, Receive&& receive) noexcept : core_(core) {
        error_ = detail::why_unusable(core);
        if (error_ == Error::Code{} && most == 0) error_ = Error::invalid;
        if (error_ != Error::Code{}) return;
        error_ = receive(core->side, std::span(messages_.data(), std::min(most, most_messages)), count_);
    }

    detail::ConsumerCore* core_;
    std::size_t count_ = 0;
    Error::Code error_;
    union {
        /// Written as far as messages were taken, and not before: that would cost more than taking them.
        std::array<ring::Received, most_messages> messages_;
    };
};

}  // namespace ringview
