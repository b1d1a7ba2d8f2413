#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>

/// The stage of every measurement: this process and a fork of it, each on a processor of its own (or both on one).
namespace ringview::bench {

struct Cpus {
    int ours = 0;
    int peer = 1;
};

/// What both processes of a run see.
struct Shared {
    alignas(128) std::atomic<std::uint64_t> ready{0};  ///< sides that are set up
    alignas(128) std::atomic<std::uint64_t> ping{0};
    alignas(128) std::atomic<std::uint64_t> pong{0};
    alignas(128) std::atomic<std::int64_t> ended_ns{0};  ///< when the consumer had the last message
};

/// Anonymous memory that a fork shares, zeroed.
class SharedMemory {
 public:
    explicit SharedMemory(std::size_t bytes);
    SharedMemory(const SharedMemory&) = delete;
    SharedMemory& operator=(const SharedMemory&) = delete;
    ~SharedMemory();
    /// The same memory again, for reading alone.
    const void* read_only();
    void* data() const noexcept { return data_; }

 private:
    void* data_;
    void* read_only_ = nullptr;
    std::size_t bytes_;
};

/// Runs `peer` in a forked process pinned to cpus.peer, and `ours` here pinned to cpus.ours, at the same time. Each
/// calls meet() when it is set up. Throws where the peer fails. A side that hangs is killed after `hang_seconds`.
void run_two(const Cpus& cpus, Shared& shared, const std::function<void()>& ours, const std::function<void()>& peer);

/// Returns once both sides are here.
void meet(Shared& shared) noexcept;
/// The same at the end: no side tears its end down while the other still works.
void meet_again(Shared& shared) noexcept;

/// No measurement takes this long; a transport that has lost a message would wait for ever.
inline constexpr unsigned hang_seconds = 60;

}  // namespace ringview::bench
