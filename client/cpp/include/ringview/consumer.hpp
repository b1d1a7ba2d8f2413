#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <system_error>
#include <utility>

#include <ringview/detail/consumer_core.hpp>
#include <ringview/detail/keep_alive.hpp>
#include <ringview/detail/message_access.hpp>
#include <ringview/message_batch.hpp>
#include <ringview/platform/error.hpp>
#include <ringview/ring/consumer_side.hpp>

namespace ringview {

/// A message in place: the producer wrote it where you read it. Falsy where there is none, once released and once moved
/// from; error() says why, and it has no bytes then, and 0 for every number: only * and -> need a message. Released,
/// and its slot free for the producer, when it is destroyed. Belongs to the thread that uses its consumer.
class [[nodiscard]] AnyMessage : public detail::MessageAccess<AnyMessage> {
 public:
    AnyMessage(AnyMessage&& other) noexcept
        : core_(std::exchange(other.core_, nullptr)),
          message_(std::exchange(other.message_, {})),
          error_(std::exchange(other.error_, Error::closed)) {}
    AnyMessage& operator=(AnyMessage&& other) noexcept {
        AnyMessage(std::move(other)).swap(*this);
        return *this;
    }
    [[gnu::always_inline]] ~AnyMessage() { release(); }

    explicit operator bool() const noexcept { return core_ != nullptr; }
    /// Error::empty, Error::too_many_held, Error::removed, Error::evicted, Error::forked, Error::corrupt; Error::closed
    /// once released or moved from; no error in a message that can be read.
    std::error_code error() const noexcept { return core_ != nullptr ? std::error_code{} : make_error_code(error_); }

    /// Gives the slot back. Messages of one consumer may be released in any order.
    [[gnu::always_inline]] void release() noexcept {
        if (core_ == nullptr) return;
        detail::ConsumerCore* core = std::exchange(core_, nullptr);
        const layout::Position position = std::exchange(message_, {}).position;
        error_ = Error::closed;
        if (!core->attachment.is_in_creator()) [[unlikely]]
            return;  // the cursor is the parent's
        if (!core->side.release_at_once(position)) [[unlikely]]
            release_otherwise(core, position);
    }

 protected:
    /// `receive(side, message)` fills the message in, which stays in registers where nobody else gets its address.
    template <class Receive>
    [[gnu::always_inline]] AnyMessage(detail::ConsumerCore* core, const Receive& receive) noexcept {
        error_ = detail::why_unusable(core);
        if (error_ == Error::Code{}) [[likely]]
            error_ = receive(core->side, message_);
        core_ = error_ == Error::Code{} ? core : nullptr;
    }

    const ring::Received& received() const noexcept { return message_; }

 private:
    [[gnu::noinline]] static void release_otherwise(detail::ConsumerCore* core, layout::Position position) noexcept {
        core->side.release(position);
        detail::delete_if_orphaned(core);
    }

    friend detail::MessageAccess<AnyMessage>;
    const detail::ConsumerCore* core() const noexcept { return core_; }
    void swap(AnyMessage& other) noexcept {
        std::swap(core_, other.core_);
        std::swap(message_, other.message_);
        std::swap(error_, other.error_);
    }

    detail::ConsumerCore* core_;
    ring::Received message_;
    Error::Code error_;
};

/// A message, and its elements where T says what they are: the attach has compared the layouts.
template <class T = void>
class [[nodiscard]] Message : public AnyMessage, public detail::ElementAccess<Message<T>, T> {
 public:
    Message(Message&&) noexcept = default;
    Message& operator=(Message&&) noexcept = default;
    [[gnu::always_inline]] ~Message() = default;

 private:
    friend detail::ElementAccess<Message, T>;
    template <class>
    friend class Consumer;
    template <class Receive>
    [[gnu::always_inline]] Message(detail::ConsumerCore* core, const Receive& receive) noexcept
        : AnyMessage(core, receive) {}
};

/// Reads a ring's messages, in place and in order, as one subscription. `Consumer<T>` for a ring of T, `Consumer<>` for
/// any.
///
/// A handle belongs to one thread at a time. It may outlive its Client, and its messages may outlive it; in a forked
/// child every call answers Error::forked, in a handle that was moved from Error::closed, and the ring is an empty
/// name, the format `B`, every number 0. next and release allocate nothing, take no lock, and make no system call
/// unless they must sleep or wake. Up to 64 messages can be held at once, and what a lossless consumer has released or
/// stepped over behind the first that it holds counts among them. By a lossy consumer, by a member of a group and on a
/// ring with a stall timeout at most half a ring's (those released between two that it still holds may count), in at
/// most eight runs of consecutive positions. A lossy consumer may be lapped, and then loses what it was too slow for;
/// what it holds is never overwritten.
template <class T = void>
class Consumer {
 public:
    Consumer(Consumer&&) noexcept = default;
    Consumer& operator=(Consumer&&) noexcept = default;

    /// Waits for the next message.
    [[gnu::always_inline]] Message<T> next() noexcept { return next_until(ring::Deadline::never()); }
    /// Waits at most `timeout`; then Error::empty.
    Message<T> next(std::chrono::nanoseconds timeout) noexcept { return next_until(ring::Deadline::after(timeout)); }
    /// Error::empty where no message is ready. Does not wait for one, but in the midst of many it may pause for 0.2 to
    /// some 4 µs, also with one ready, to stay out of its producer's way (rings of 64 slots and more).
    [[gnu::always_inline]] Message<T> try_next() noexcept { return {core_.get(), TryNext{}}; }

    /// Waits for the next message and takes those that are ready behind it with it: at most `most`, and at most 64. One
    /// look at what is shared serves all of them, and one store releases them. Their positions follow one another:
    /// what is no message, or no readable one, ends the batch before it and is the next call's.
    MessageBatch<T> next(std::size_t most) noexcept { return next_batch_until(most, ring::Deadline::never()); }
    /// Waits at most `timeout` for the first; then Error::empty.
    MessageBatch<T> next(std::size_t most, std::chrono::nanoseconds timeout) noexcept {
        return next_batch_until(most, ring::Deadline::after(timeout));
    }
    /// Error::empty where no message is ready.
    MessageBatch<T> try_next(std::size_t most) noexcept {
        return {core_.get(), most, [](auto& side, auto messages, std::size_t& count) noexcept {
                    return side.try_next_batch(messages, count);
                }};
    }

    /// The newest message that was not handed out yet. Those before it are passed over: they count as skipped(), not as
    /// lost, and a lossless consumer frees their slots. Waits, as next() does, where there is no such message: a
    /// message is handed out once. What is held stays held; a lossless consumer that holds messages from before an
    /// earlier jump as well may get Error::too_many_held.
    Message<T> latest() noexcept { return latest_until(ring::Deadline::never()); }
    /// Waits at most `timeout`; then Error::empty.
    Message<T> latest(std::chrono::nanoseconds timeout) noexcept {
        return latest_until(ring::Deadline::after(timeout));
    }
    /// Error::empty where nothing has come since the message before. All three: Error::unsupported for a member of a
    /// group.
    Message<T> try_latest() noexcept {
        return {core_.get(), [](auto& side, ring::Received& message) noexcept { return side.try_latest(message); }};
    }

    /// A descriptor for epoll, poll or Asio: readable while there is something to call try_next() for. Once it is
    /// readable it stays so until a call answers Error::empty; after that it becomes readable as soon as there is a
    /// message, or removal or eviction to be told of. So: whenever it is readable, call try_next() until
    /// Error::empty. Wait for edges or levels; reading from it is not necessary.
    ///
    /// It belongs to this handle and is closed with it, or with the last message that it handed out. The first call in
    /// a process starts a thread, which serves 127 consumers. From then on next() waits for the same thread. Throws
    /// Error::forked, Error::closed in a handle that was moved from, or Error::system.
    int event_fd() {
        if (core_ == nullptr) throw Error(Error::closed, "this consumer was moved from");
        return core_->event_fd();
    }

    /// Messages published and not yet taken by next(); of a member of a group, by none.
    std::uint64_t lag() const noexcept { return count(&ring::ConsumerSide<>::lag); }
    /// Positions passed because the consumer was too slow for them, or began too late: 0 for a lossless consumer of
    /// honest producers that began no later than it wished. Delivered + lost() + tombstones() + skipped() = positions
    /// passed since it attached, always; of a group, what its members have together, with each redelivery counted
    /// again.
    std::uint64_t lost() const noexcept { return count(&ring::ConsumerSide<>::lost); }
    /// Slots without content that were stepped over.
    std::uint64_t tombstones() const noexcept { return count(&ring::ConsumerSide<>::stepped_over); }
    /// Positions that latest() has passed over.
    std::uint64_t skipped() const noexcept { return count(&ring::ConsumerSide<>::skipped); }
    /// Of a member of a group: messages handed out that another member had before it died.
    std::uint64_t redelivered() const noexcept { return count(&ring::ConsumerSide<>::redelivered); }
    /// The position that next() takes next; of a member of a group, as far as no other is quicker.
    std::uint64_t position() const noexcept { return count(&ring::ConsumerSide<>::next_position); }

    /// Whether a producer is attached whose process has not ended. The ring tells, so it can be asked also when the
    /// daemon has died, which else sees who ends. True where it cannot be told: in another pid namespace.
    bool has_running_producer() const {
        return core_ != nullptr && core_->attachment.is_in_creator() && core_->attachment.has_running_producer();
    }

    const std::string& ring() const noexcept {
        return core_ == nullptr ? detail::no_ring : core_->attachment.header().name;
    }
    const Format& format() const noexcept {
        return core_ == nullptr ? Format::bytes() : core_->attachment.shape().format();
    }

 private:
    // Lambdas would not always be inlined.
    struct TryNext {
        [[gnu::always_inline]] Error::Code operator()(auto& side, ring::Received& message) const noexcept {
            return side.try_next(message);
        }
    };
    struct NextUntil {
        ring::Deadline deadline;
        [[gnu::always_inline]] Error::Code operator()(auto& side, ring::Received& message) const noexcept {
            return side.next(message, deadline);
        }
    };

    friend class Client;
    explicit Consumer(detail::CorePtr<detail::ConsumerCore> core) noexcept : core_(std::move(core)) {}

    [[gnu::always_inline]] Message<T> next_until(ring::Deadline deadline) noexcept {
        return {core_.get(), NextUntil{deadline}};
    }
    MessageBatch<T> next_batch_until(std::size_t most, ring::Deadline deadline) noexcept {
        return {core_.get(), most, [deadline](auto& side, auto messages, std::size_t& count) noexcept {
                    return side.next_batch(messages, count, deadline);
                }};
    }
    Message<T> latest_until(ring::Deadline deadline) noexcept {
        return {core_.get(),
                [deadline](auto& side, ring::Received& message) noexcept { return side.latest(message, deadline); }};
    }

    std::uint64_t count(std::uint64_t (ring::ConsumerSide<>::*of)() const noexcept) const noexcept {
        return core_ == nullptr ? 0 : (core_->side.*of)();
    }

    detail::CorePtr<detail::ConsumerCore> core_;
};

}  // namespace ringview
