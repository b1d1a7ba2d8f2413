#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <ringview/detail/message_event.hpp>
#include <ringview/platform/fork_flag.hpp>
#include <ringview/platform/futex.hpp>

namespace ringview::detail {

/// Sleeps on the rings of up to `max_events` consumers of this process at once, and makes the descriptors of those
/// readable that have something to look at. The sleeper's half of E3 (ring/ORDERING.md), on behalf of the consumers.
///
/// Where the kernel has no futex_waitv it looks again and again instead (ring::blind_poll).
class EventThread {
 public:
    /// One futex of a call is this thread's own.
    static constexpr std::size_t max_events = platform::max_futex_words - 1;

    /// Throws Error::system.
    EventThread();
    EventThread(const EventThread&) = delete;
    EventThread& operator=(const EventThread&) = delete;
    ~EventThread();

    // From any thread. An event belongs to the thread from add to remove.
    bool has_room() const;
    void add(MessageEvent& event);
    /// Whether it was the last.
    bool remove(MessageEvent& event) noexcept;
    void set(MessageEvent& event, layout::Position position) noexcept;

 private:
    class Words;

    void run() noexcept;
    void announce_new_ones() noexcept;
    std::chrono::nanoseconds look_at_all(Words& words) noexcept;
    static void go_off(MessageEvent& event) noexcept;
    void notice_change() noexcept;

    mutable std::mutex mutex_;
    std::vector<MessageEvent*> events_;      ///< under the lock
    bool is_over_ = false;                   ///< under the lock
    std::atomic<std::uint64_t> changes_{0};  ///< of the above: the first word that this thread sleeps on
    std::thread thread_;
};

/// The event threads of this process: none until somebody asks for an event_fd, and none again when the last one that
/// did has gone.
class EventThreads {
 public:
    /// Of this process: a forked child begins with none.
    static EventThreads& of_process();

    /// Has some thread take the event. Throws Error::system.
    void add(MessageEvent& event);
    void remove(MessageEvent& event) noexcept;
    std::size_t count() const;

 private:
    explicit EventThreads(const EventThreads* of_parent) noexcept : of_parent_(of_parent) {}

    platform::ForkFlag fork_flag_;
    /// What a child inherits, with threads that it does not have: never touched, but not lost either.
    [[maybe_unused]] const EventThreads* of_parent_;
    mutable std::mutex mutex_;
    std::vector<std::unique_ptr<EventThread>> threads_;
};

}  // namespace ringview::detail
