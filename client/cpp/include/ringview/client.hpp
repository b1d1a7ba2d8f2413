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
    /// The subscription stays when its consumer closes it or dies: its unread messages wait, and whoever attaches by
    /// its name goes on at the first that was not released. (`start` counts only where the subscription is new.) A
    /// lossless one holds producers back meanwhile; a lossy one is passed over, and what it lost is counted. Attaching
    /// to a durable subscription that is there needs only its name and policy.
    bool durable = false;
    /// Where to begin, instead of `start`: position() of the first message that is wanted. Above the ring's head it is
    /// Error::invalid. Where the ring keeps it no more, the consumer begins with what it keeps, and its first message
    /// says how much lost_before() is.
    std::optional<std::uint64_t> start_position{};
    /// To be a member of this group: consumers that compete, each message going to one of them. The first member brings
    /// it into being, at `start`, but no farther back than the ring's history; it ends with its last one, unless it is
    /// `durable`: then its messages wait for members to come. `name` is the member's own. Producers wait for a group as
    /// for a lossless subscription. What a member that dies, or closes its consumer, was handed and has not released
    /// goes to another (Message::is_redelivered).
    std::string group{};
    /// How next() waits for a message. docs/waiting.md tells when to use which.
    Waiting waiting = Waiting::sleep;
    /// Waiting::sleep: how long it polls before it first offers its processor, then sleeps. Waiting::yield: between two
    /// offers. 0 to 1 s, else Error::invalid.
    std::chrono::nanoseconds spin_time = ring::default_spin_time;
};

enum class Evict {
    safely,    ///< only where what the consumer holds is protected
    by_force,  ///< also where it is not
};

/// A connection to the daemon: makes rings and attaches to them. Everything here throws Error; once attached, data
/// moves without the daemon. A client may be used from any thread; the handles it makes belong to one thread at a time
/// and may outlive it. One that was moved from throws Error::closed; its socket() is empty.
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
    /// Error::not_found, Error::denied, Error::busy (the ring has all its producers).
    template <class T = void>
    Producer<T> producer(const std::string& ring, const ProducerOptions& options = {}) {
        auto core = attach_producer(ring, options);
        if constexpr (!std::is_void_v<T>) check_type(core->attachment, layout_of<T>());
        return Producer<T>(std::move(core));
    }

    /// Attaches as a consumer; what is published from now on reaches it. Types as for producer(). Error::not_found,
    /// Error::denied, Error::exists (the name is in use, or has another policy), Error::quota (64 subscriptions, 32
    /// groups). As a member of a group also Error::invalid (lossy) and Error::unsupported (the ring has a stall
    /// timeout).
    template <class T = void>
    Consumer<T> consumer(const std::string& ring, const ConsumerOptions& options = {}) {
        if constexpr (!std::is_void_v<T>) check_type_before(ring, options, layout_of<T>());
        auto core = attach_consumer(ring, options);
        if constexpr (!std::is_void_v<T>) check_type(core->attachment, layout_of<T>());
        return Consumer<T>(std::move(core));
    }

    /// Declares a durable subscription and attaches to nothing; returns whether it did. From now on its messages stay
    /// until they are released by the consumer that attaches by its name. An equal one that is there already is no
    /// error; one of another policy is Error::exists. `subscription.durable` need not be said. With
    /// `subscription.group` instead of a name it declares a durable group, without members.
    bool subscribe(const std::string& ring, const ConsumerOptions& subscription);
    /// Gives a durable subscription or group up, with the messages that wait for it; a producer that it holds up goes
    /// on. By whoever declared it or may manage the ring. Error::not_found, Error::denied, Error::busy (a consumer is
    /// attached).
    void unsubscribe(const std::string& ring, const std::string& subscription);

    /// Has producers wait no more for a lossless subscription; its consumer gets Error::evicted. On a ring with a stall
    /// timeout what the consumer still holds stays as it is until it lets go. On other rings nothing protects that:
    /// evicting a living consumer is Error::unsupported, unless by_force. Then its messages, also those that it holds
    /// and reads at this moment, may be written over at any time, and it may still be handed such messages until it
    /// comes to one that has gone; its process stays in bounds all the same. A durable subscription stays; while it is
    /// away it can be evicted on any ring, and holds no producer until a consumer attaches again. Needs the right to
    /// manage. Error::not_found, Error::denied, Error::invalid (it is lossy), Error::unsupported (a group, or a member
    /// of one).
    void evict(const std::string& ring, const std::string& subscription, Evict how = Evict::safely);

    /// Ends the daemon. For its own user and root.
    void shut_down_daemon();

    /// Where the daemon is.
    const std::string& socket() const noexcept;

 private:
    explicit Client(std::shared_ptr<detail::Connection> connection) noexcept : connection_(std::move(connection)) {}

    detail::CorePtr<detail::ProducerCore> attach_producer(const std::string& ring, const ProducerOptions& options);
    detail::CorePtr<detail::ConsumerCore> attach_consumer(const std::string& ring, const ConsumerOptions& options);
    static void check_type(const detail::Attachment& attachment, const Format& wanted);
    /// Where an attach that fails would leave a durable subscription behind, which nobody reads and producers wait for.
    void check_type_before(const std::string& ring, const ConsumerOptions& options, const Format& wanted);

    const std::shared_ptr<detail::Connection>& connection() const;

    std::shared_ptr<detail::Connection> connection_;
};

}  // namespace ringview
