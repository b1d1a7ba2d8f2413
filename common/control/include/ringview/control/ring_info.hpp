#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <ringview/control/ring_spec.hpp>

/// What `list` and `stat` tell.
namespace ringview {

struct ProducerInfo {
    unsigned id = 0;
    std::int64_t pid = 0;  ///< 0: in a pid namespace the daemon cannot see into
    std::uint32_t uid = 0;
    std::string name{};
    bool alive = false;           ///< false: it is dead, and its line not free yet
    std::uint64_t published = 0;  ///< messages since it attached
    std::uint64_t full = 0;       ///< how often the ring became full under it
    /// The subscription or the group it sleeps for, if it does. Of one that is not alive: the producer that may have
    /// claimed the same message, and that its line must wait for.
    std::string waits_for{};
    /// Positions that it has claimed and not published, on a ring of several producers: no consumer gets past them. 0
    /// where it waits for somebody.
    std::uint32_t claimed = 0;

    bool operator==(const ProducerInfo&) const = default;
};

struct ConsumerInfo {
    std::string name{};
    std::int64_t pid = 0;
    std::uint32_t uid = 0;
    Policy policy = Policy::lossless;
    bool durable = false;
    bool alive = false;
    std::uint64_t pos = 0;  ///< the lowest unreleased position
    std::uint64_t lag = 0;  ///< head - pos, at most the ring's slots
    std::uint64_t lost = 0;
    std::uint64_t held = 0;     ///< messages in its hands
    bool waiting = false;       ///< asleep until something is published
    std::uint64_t skipped = 0;  ///< positions passed over at its own wish
    bool evicted = false;       ///< producers wait for it no more
    /// Age of the oldest message that it has not released, and that the ring still has for it where it was lapped; 0:
    /// it has released all. Nothing on rings without timestamps, or where the daemon could not get hold of the message.
    std::optional<std::uint64_t> lag_ns{};
    std::optional<unsigned> group{};             ///< of a member: the id of its group
    std::optional<std::uint64_t> delivered{};    ///< to a member: messages …
    std::optional<std::uint64_t> redelivered{};  ///< … and how many of them another one had before that died

    bool operator==(const ConsumerInfo&) const = default;
};

/// Consumers that compete: each message goes to one of them.
struct GroupInfo {
    unsigned id = 0;
    std::string name{};
    std::uint32_t uid = 0;  ///< who declared it, or was its first member
    bool durable = false;
    unsigned members = 0;                   ///< that are alive
    std::uint64_t next = 0;                 ///< the position that some member claims next
    std::uint64_t pos = 0;                  ///< the lowest that is not released: producers wait for it
    std::uint64_t lag = 0;                  ///< head - pos, at most the ring's slots
    std::optional<std::uint64_t> lag_ns{};  ///< as of a consumer
    unsigned gone = 0;                      ///< members that are not, and whose places are taken by what they have left
    std::uint32_t left_behind = 0;          ///< messages that they have left and that nobody has taken yet

    bool operator==(const GroupInfo&) const = default;
};

struct NodeBytes {
    std::uint32_t node = 0;
    std::uint64_t bytes = 0;

    bool operator==(const NodeBytes&) const = default;
};

/// The memory of a ring, as the kernel tells it of the daemon's mapping of both segments: what was really got, whatever
/// was asked for. In whole pages; a daemon with very much memory measures only now and then.
struct MemoryInfo {
    /// How many nodes are told, those with the most bytes.
    static constexpr std::size_t max_nodes = 4;
    static constexpr std::size_t max_note_bytes = 256;

    Backend backend = Backend::posix;
    std::uint64_t page_bytes = 0;  ///< of the slots' pages: larger than the kernel's own where they are reserved huge
                                   ///< ones; 0: the kernel does not tell
    std::uint64_t huge_bytes = 0;  ///< in huge pages, reserved or transparent
    std::uint64_t prefaulted_bytes = 0;  ///< in the daemon's page table, which it fills as each client does its own
    std::uint64_t locked_bytes = 0;      ///< never swapped out: locked by the daemon, or in reserved huge pages
    std::uint64_t swapped_bytes = 0;
    std::vector<NodeBytes> nodes{};  ///< of prefaulted_bytes
    std::string note{};              ///< what the spec wishes and the machine did not give, and why

    bool operator==(const MemoryInfo&) const = default;
};

struct RingInfo {
    std::string name{};
    std::string format{};
    std::vector<std::int64_t> shape{};
    std::uint64_t slots = 0;
    std::uint64_t slot_bytes = 0;
    std::uint64_t bytes = 0;  ///< shared memory of both segments
    std::uint64_t head = 0;
    std::uint64_t used = 0;  ///< messages that some lossless subscription or some group has not released
    std::uint64_t published = 0;
    std::uint64_t tombstones =
        0;  ///< positions without a message, because a lossy consumer held the slot or its producer published none
    std::vector<ProducerInfo> producers{};
    std::vector<ConsumerInfo> consumers{};
    std::vector<GroupInfo> groups{};
    std::optional<MemoryInfo> memory{};  ///< of `stat`; `list` does not measure

    bool operator==(const RingInfo&) const = default;
};

}  // namespace ringview
