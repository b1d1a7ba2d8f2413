#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ringview/consumer.hpp>
#include <ringview/control/ring_info.hpp>
#include <ringview/control/ring_spec.hpp>
#include <ringview/producer.hpp>
#include <ringview/view/format_of.hpp>

namespace ringview {

struct ConnectOptions {
    /// Empty: $RINGVIEW_SOCKET, else /run/ringview/ringview.sock, $XDG_RUNTIME_DIR/ringview/ringview.sock or
    /// /tmp/ringview-<uid>/ringview.sock, the first that answers.
    std::string socket{};
};

struct ProducerOptions {
    std::string name{};  ///< for `ringview stat`; empty: producer-<pid>
    /// How reserve() waits for a free slot, as for consumers.
    Waiting waiting = Waiting::sleep;
    std::chrono::nanoseconds spin_time = ring::default_spin_time;
};

struct ConsumerOptions {
    std::string name{};  ///< of the subscription, unique in its ring; empty: consumer-<pid>
    Policy policy = Policy::lossless;
    Start start = Start::next;
    bool durable = false;
    /// Where to begin, instead of `start`: position() of the first message that is wanted. Above the ring's head it is
    /// Error::invalid. Where the ring keeps it no more, the consumer begins with what it keeps, and its first message
    /// says how much lost_before() is.
    std::optional<std::uint64_t> start_position{};
    /// How next() waits for a message. docs/waiting.md tells when to use which.
    Waiting waiting = Waiting::sleep;
    /// Waiting::sleep: how long it polls before it first offers its processor, then sleeps. Waiting::yield: between two
    /// offers. 0 to 1 s, else Error::invalid.
    std::chrono::nanoseconds spin_time = ring::default_spin_time;
};

/// A connection to the daemon: makes rings and attaches to them. Everything here throws Error; once attached, data
/// moves without the daemon. A client may be used from any thread; the handles it makes belong to one thread at a time
/// and may outlive it.
class Client {
 public:
    /// Error::no_daemon, with what was tried, where nobody answers.
    static Client connect(const ConnectOptions& options = {});

    /// Makes a ring; returns whether it did. An equal ring that is there already is no error; another one under that
    /// name is Error::exists, which says what differs.
    bool create(const RingSpec& spec);
    /// Attached clients get Error::removed at their next call. Error::not_found, Error::denied.
    void remove(const std::string& name);

    /// The rings that this user may use, by name, without producers and consumers.
    std::vector<RingInfo> rings();
    /// The same with producers and consumers.
    std::vector<RingInfo> stat();
    /// One ring. Error::not_found.
    RingInfo stat(const std::string& name);

    /// Attaches as a producer. With a T the ring's format must have T's layout, else Error::type_mismatch shows both.
    /// Error::not_found, Error::denied, Error::busy (the ring has its producer).
    template <class T = void>
    Producer<T> producer(const std::string& ring, const ProducerOptions& options = {}) {
        auto core = attach_producer(ring, options);
        if constexpr (!std::is_void_v<T>) check_type(core->attachment, layout_of<T>());
        return Producer<T>(std::move(core));
    }

    /// Attaches as a consumer; what is published from now on reaches it. Types as for producer(). Error::not_found,
    /// Error::denied, Error::exists (the name is in use), Error::quota (64 subscriptions).
    template <class T = void>
    Consumer<T> consumer(const std::string& ring, const ConsumerOptions& options = {}) {
        auto core = attach_consumer(ring, options);
        if constexpr (!std::is_void_v<T>) check_type(core->attachment, layout_of<T>());
        return Consumer<T>(std::move(core));
    }

    /// Ends the daemon. For its own user and root.
    void shut_down_daemon();

    /// Where the daemon is.
    const std::string& socket() const noexcept;

 private:
    explicit Client(std::shared_ptr<detail::Connection> connection) noexcept : connection_(std::move(connection)) {}

    detail::CorePtr<detail::ProducerCore> attach_producer(const std::string& ring, const ProducerOptions& options);
    detail::CorePtr<detail::ConsumerCore> attach_consumer(const std::string& ring, const ConsumerOptions& options);
    static void check_type(const detail::Attachment& attachment, const Format& wanted);

    std::shared_ptr<detail::Connection> connection_;
};

}  // namespace ringview
