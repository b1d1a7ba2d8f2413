#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ringview {

/// Who may use a ring: `user:NAME`, `group:NAME`, `uid:N`, `gid:N` or `any`. An empty list means: whoever created it.
struct AccessLists {
    std::vector<std::string> produce{};
    std::vector<std::string> consume{};
    std::vector<std::string> manage{};  ///< remove the ring, evict its consumers

    bool operator==(const AccessLists&) const = default;
};

enum class Backend {
    posix,  ///< named segments in /dev/shm, as large as that
    memfd,  ///< anonymous, and sealed: no client can truncate them; they end with the last process that has them
};

/// Whether the slots lie in huge pages: fewer page faults and TLB misses. The segment is rounded up to whole ones.
enum class HugePages {
    off,
    attempt,  ///< "try". memfd: reserved ones (hugetlb), else transparent ones; posix: transparent ones; else none
    require,  ///< reserved ones, or there is no ring; memfd only
};

enum class Fences {
    automatic,  ///< membarrier where the kernel has it: publishing costs no fence
    always,     ///< full fences on both sides: no processor is ever interrupted
};

/// What a ring is. Checked by the daemon, which says what is wrong with it.
struct RingSpec {
    std::string name{};                      ///< 1 to 128 of [a-z0-9._/-]; no part between slashes empty, `.` or `..`
    std::string format{"B"};                 ///< of an element, PEP 3118
    std::vector<std::int64_t> shape{};       ///< of a message; {}: one element; the first may be -1: varies by message
    std::uint64_t slots = 64;                ///< a power of two
    std::uint64_t slot_bytes = 0;            ///< payload capacity; 0: from format and shape
    std::optional<std::uint64_t> history{};  ///< messages kept for late joiners, < slots; default slots/2
    std::uint32_t producers = 1;             ///< how many at once, 1 to 64; rings of one are faster
    std::uint64_t alignment = 0;             ///< of payloads; 0: 16 bytes
    bool timestamps = false;                 ///< messages carry their publish time, and `stat` shows lag in time
    AccessLists access{};
    std::chrono::milliseconds stall_timeout{0};  ///< evict a lossless consumer that stands still for so long; 0: never
    Backend backend = Backend::posix;
    Fences fences = Fences::automatic;
    HugePages huge_pages = HugePages::off;
    /// Whoever attaches enters every page into its page table first: attaching takes longer, no message meets a fault.
    bool prefault = false;
    bool lock = false;  ///< the daemon keeps the memory from being swapped out (mlock), as long as it runs
    std::optional<std::uint32_t> numa_node{};  ///< whose memory it is; default: as the kernel sees fit

    bool operator==(const RingSpec&) const = default;
};

/// Whether a subscription may be lapped.
enum class Policy {
    lossless,  ///< producers wait for it
    lossy,     ///< producers do not; it counts what it lost
};

/// Where a new subscription begins.
enum class Start {
    oldest,  ///< the oldest message that is still there
    newest,  ///< the last message that was published, then on
    next,    ///< what is published from now on
};

}  // namespace ringview
