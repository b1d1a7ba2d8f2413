#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <ringview/layout/limits.hpp>
#include <ringview/layout/segment_header.hpp>

/// The slots segment: who writes which word is drawn in FORMAT.md. The structs are parameterised on the atomic type so
/// that tests can run the algorithm on one that is weaker or that is scheduled step by step; everybody else uses
/// std::atomic.
namespace ringview::layout {

/// Words written by different processes stand this far apart: processors fetch lines of 64 bytes in pairs.
inline constexpr std::size_t writer_spacing = 128;

enum class RingLife : std::uint64_t { open = 1, removed = 2 };
enum class MemberState : std::uint32_t { free = 0, active = 1, away = 2, evicting = 3, evicted = 4 };
enum class MemberPolicy : std::uint32_t { lossless = 0, lossy = 1 };
enum MemberFlags : std::uint32_t { member_durable = 1U << 0, member_of_group = 1U << 1 };

/// Written by the daemon alone.
template <template <class> class Atomic = std::atomic>
struct alignas(writer_spacing) Membership {
    Atomic<std::uint64_t> join_epoch;  ///< grows with every change of the subscriptions
    Atomic<std::uint64_t> lossless;    ///< a bit per subscription that holds producers back
    Atomic<std::uint64_t> lossy;       ///< a bit per subscription that may be lapped
    Atomic<std::uint64_t> producers;   ///< a bit per producer line in use
    Atomic<std::uint64_t> life;        ///< RingLife
    Atomic<std::uint64_t> groups;      ///< a bit per group
    Atomic<std::uint64_t> in_groups;   ///< a bit per subscription that is a member of some group
    Atomic<std::uint64_t> orphans;     ///< a bit per member that is gone and whose redelivery words may be set
};

/// One word that producers write, alone on its lines.
template <template <class> class Atomic = std::atomic>
struct alignas(writer_spacing) Lonely {
    Atomic<std::uint64_t> value;
};

template <template <class> class Atomic = std::atomic>
struct alignas(writer_spacing) Floors {
    Atomic<std::uint64_t> floor;       ///< lossy consumers start no message below it
    Atomic<std::uint64_t> safe_floor;  ///< floor as of the last barrier: what producers may reuse
};

template <template <class> class Atomic = std::atomic>
struct RingState {
    Membership<Atomic> membership;
    Lonely<Atomic> head;  ///< the next position that a producer will claim
    Lonely<Atomic> gate;  ///< slots of positions below it are free; only rises
    Floors<Atomic> floors;
    Lonely<Atomic> producers_waiting;  ///< a bit per sleeping producer, set and cleared by its owner
    Lonely<Atomic> tombstones;         ///< how many those left that are gone
};

/// A group of competing members. Written by the daemon alone.
template <template <class> class Atomic = std::atomic>
struct GroupRecord {
    Atomic<std::uint64_t> members;  ///< a bit per subscription whose held and redelivery words are the group's
    Atomic<std::uint32_t> state;    ///< MemberState: free, active, away
    std::uint32_t flags;            ///< MemberFlags
    std::uint32_t uid;              ///< of whoever brought it into being
    std::uint32_t name_bytes;
    std::array<char, max_member_name_bytes> name;
    std::array<std::byte, 8> reserved;
};

/// Written by the producer that owns the line.
template <template <class> class Atomic = std::atomic>
struct alignas(writer_spacing) ProducerLine {
    Atomic<std::uint64_t> intent;             ///< the positions that are being claimed, or left as tombstones; 0: none
    Atomic<std::uint64_t> wait_subscription;  ///< while its bit in producers_waiting is set: whose pos it sleeps on,
                                              ///< from first_waited_group on the group's …
    Atomic<std::uint64_t> wait_pos;           ///< … and the value that is to wake it
    Atomic<std::uint64_t> published;          ///< messages since the line was taken, as of head
    Atomic<std::uint64_t> found_full;         ///< how often no slot was free
    Atomic<std::uint64_t> tombstones;         ///< how many it has left, and is leaving
};

/// Who holds a producer line. Written by the daemon alone.
template <template <class> class Atomic = std::atomic>
struct ProducerRecord {
    Atomic<std::uint32_t> state;  ///< MemberState
    std::int32_t pid;
    std::uint64_t start_time_ticks;
    std::uint64_t pid_namespace;
    std::uint32_t uid;
    std::uint32_t name_bytes;
    std::uint64_t endpoint_id;
    std::array<char, max_member_name_bytes> name;
    std::array<std::byte, 24> reserved;
};

/// A subscription and who holds it. Written by the daemon alone.
template <template <class> class Atomic = std::atomic>
struct SubscriptionRecord {
    Atomic<std::uint32_t> state;  ///< MemberState
    std::int32_t pid;
    std::uint64_t start_time_ticks;
    std::uint64_t pid_namespace;
    std::uint32_t uid;
    std::uint32_t name_bytes;
    std::uint64_t endpoint_id;
    std::array<char, max_member_name_bytes> name;
    std::uint32_t policy;  ///< MemberPolicy
    std::uint32_t flags;   ///< MemberFlags
    std::uint64_t start_position;
    std::uint64_t group;  ///< of a member: its group plus one
    std::array<std::byte, 128> reserved;
};

/// The first 16 bytes of every slot. With flag_timestamps a 64-bit publish time (CLOCK_MONOTONIC, ns) follows.
template <template <class> class Atomic = std::atomic>
struct SlotHeader {
    Atomic<std::uint64_t> seq;     ///< seq_of(position) once published; position.hpp
    Atomic<std::uint32_t> length;  ///< payload bytes
    Atomic<std::uint16_t> producer;
    Atomic<std::uint16_t> flags;
};

/// In wait_subscription: what stands for group 0, the others follow.
inline constexpr unsigned first_waited_group = max_subscriptions;

inline constexpr std::size_t ring_state_offset = slots_header_bytes;
inline constexpr std::size_t group_records_offset = ring_state_offset + sizeof(RingState<>);
inline constexpr std::size_t producer_lines_offset = 12288;
inline constexpr std::size_t producer_records_offset = producer_lines_offset + max_producers * sizeof(ProducerLine<>);
inline constexpr std::size_t subscription_records_offset =
    producer_records_offset + max_producers * sizeof(ProducerRecord<>);
inline constexpr std::size_t slots_offset =
    subscription_records_offset + max_subscriptions * sizeof(SubscriptionRecord<>);

inline constexpr std::size_t slot_header_bytes = sizeof(SlotHeader<>);
inline constexpr std::size_t timestamped_slot_header_bytes = 32;
inline constexpr std::size_t timestamp_offset = slot_header_bytes;

static_assert(std::atomic<std::uint64_t>::is_always_lock_free && std::atomic<std::uint32_t>::is_always_lock_free &&
              std::atomic<std::uint16_t>::is_always_lock_free);
static_assert(sizeof(std::atomic<std::uint64_t>) == 8 && std::is_standard_layout_v<std::atomic<std::uint64_t>>);
static_assert(offsetof(RingState<>, head) == 128 && offsetof(RingState<>, gate) == 256);
static_assert(offsetof(RingState<>, floors) == 384 && offsetof(RingState<>, producers_waiting) == 512);
static_assert(offsetof(RingState<>, tombstones) == 640 && sizeof(RingState<>) == 768);
static_assert(offsetof(Membership<>, lossless) == 8 && offsetof(Membership<>, life) == 32);
static_assert(offsetof(Membership<>, groups) == 40 && offsetof(Membership<>, orphans) == 56);
static_assert(sizeof(GroupRecord<>) == 96 && offsetof(GroupRecord<>, name) == 24 && group_records_offset == 8960);
static_assert(group_records_offset + max_groups * sizeof(GroupRecord<>) <= producer_lines_offset);
static_assert(sizeof(ProducerLine<>) == 128 && sizeof(ProducerRecord<>) == 128 && sizeof(SubscriptionRecord<>) == 256);
static_assert(offsetof(ProducerRecord<>, name) == 40 && offsetof(SubscriptionRecord<>, policy) == 104);
static_assert(producer_records_offset == 20480 && subscription_records_offset == 28672 && slots_offset == 45056);
static_assert(slots_offset % max_payload_alignment == 0);
static_assert(sizeof(SlotHeader<>) == 16 && offsetof(SlotHeader<>, length) == 8 && offsetof(SlotHeader<>, flags) == 14);

}  // namespace ringview::layout
