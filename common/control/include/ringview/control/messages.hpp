#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <ringview/control/ring_info.hpp>
#include <ringview/control/ring_spec.hpp>
#include <ringview/platform/error.hpp>

/// What client and daemon say to each other. PROTOCOL.md shows each exchange as a packet.
namespace ringview::control {

/// A reader refuses a packet of another version.
inline constexpr std::int64_t protocol_version = 1;
/// One packet. A socket's default send buffer (208 KiB) takes three of these, so a reply never has to be cut.
inline constexpr std::size_t max_packet_bytes = 65536;
/// The two segments of a ring.
inline constexpr std::size_t max_packet_fds = 2;

struct HelloRequest {
    std::string client{};  ///< a name for logs
    bool operator==(const HelloRequest&) const = default;
};
struct HelloReply {
    std::string daemon_version{};
    std::string instance{};
    std::int64_t pid = 0;
    bool operator==(const HelloReply&) const = default;
};

/// An equal ring that exists already is no error: `created` is false then.
struct CreateRequest {
    RingSpec spec{};
    bool operator==(const CreateRequest&) const = default;
};
struct CreateReply {
    bool created = false;
    bool operator==(const CreateReply&) const = default;
};

struct RemoveRequest {
    std::string ring{};
    bool operator==(const RemoveRequest&) const = default;
};

/// Rings by name, a page at a time: those after `after`.
struct ListRequest {
    std::string after{};
    bool operator==(const ListRequest&) const = default;
};
struct StatRequest {
    std::string after{};
    std::string ring{};  ///< only this one; empty: all
    bool operator==(const StatRequest&) const = default;
};
/// Of list (without producers and consumers) and stat.
struct RingsReply {
    std::vector<RingInfo> rings{};
    bool has_more = false;  ///< ask again, after the last name
    bool operator==(const RingsReply&) const = default;
};

struct AttachProducerRequest {
    std::string ring{};
    std::string name{};  ///< for stat; empty: none
    bool operator==(const AttachProducerRequest&) const = default;
};
struct AttachConsumerRequest {
    std::string ring{};
    std::string name{};  ///< of the subscription; empty: the daemon makes one up
    Policy policy = Policy::lossless;
    Start start = Start::next;
    bool durable = false;
    std::optional<std::uint64_t> start_position{};  ///< where to begin, instead of `start`
    std::string group{};  ///< to be a member of; empty: none. `start` and `durable` are the group's then
    bool operator==(const AttachConsumerRequest&) const = default;
};
/// Comes with two descriptors: slots (read-only for a consumer), cursors.
struct AttachReply {
    std::uint64_t endpoint = 0;            ///< to detach by
    std::uint64_t index = 0;               ///< producer line or subscription
    std::uint64_t position = 0;            ///< where a consumer begins
    std::string name{};                    ///< of the subscription or the producer
    std::uint64_t lost = 0;                ///< positions between the one that was wanted and `position`
    bool prefault = false;                 ///< enter every page into the page table before anything else
    std::optional<std::uint64_t> group{};  ///< of a member: the id of its group
    bool operator==(const AttachReply&) const = default;
};

/// Declares a durable subscription without attaching to it, or a durable group without members: one of both has a name.
struct SubscribeRequest {
    std::string ring{};
    std::string name{};
    Policy policy = Policy::lossless;
    Start start = Start::next;
    std::optional<std::uint64_t> start_position{};
    std::string group{};
    bool operator==(const SubscribeRequest&) const = default;
};
/// An equal one that is there already is no error: `created` is false then.
struct SubscribeReply {
    bool created = false;
    std::uint64_t position = 0;  ///< the first that its consumer will get
    bool operator==(const SubscribeReply&) const = default;
};
struct UnsubscribeRequest {
    std::string ring{};
    std::string name{};  ///< of a subscription or a group
    bool operator==(const UnsubscribeRequest&) const = default;
};

/// Producers wait for this lossless subscription no more.
struct EvictRequest {
    std::string ring{};
    std::string name{};
    bool force = false;  ///< also where nothing protects what its consumer holds
    bool operator==(const EvictRequest&) const = default;
};

struct DetachRequest {
    std::uint64_t endpoint = 0;
    bool operator==(const DetachRequest&) const = default;
};

/// Calls membarrier for a client that may not.
struct BarrierRequest {
    bool operator==(const BarrierRequest&) const = default;
};

/// Ends the daemon. Only for the daemon's own user and root.
struct ShutdownRequest {
    bool operator==(const ShutdownRequest&) const = default;
};

/// To remove, unsubscribe, evict, detach, barrier and shutdown.
struct OkReply {
    bool operator==(const OkReply&) const = default;
};

using Request = std::variant<HelloRequest, CreateRequest, RemoveRequest, ListRequest, StatRequest,
                             AttachProducerRequest, AttachConsumerRequest, SubscribeRequest, UnsubscribeRequest,
                             EvictRequest, DetachRequest, BarrierRequest, ShutdownRequest>;
using Reply = std::variant<OkReply, HelloReply, CreateReply, RingsReply, AttachReply, SubscribeReply>;

}  // namespace ringview::control
