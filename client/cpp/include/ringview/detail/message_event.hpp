#pragma once

#include <atomic>
#include <chrono>

#include <ringview/layout/ring_memory.hpp>
#include <ringview/platform/event_fd.hpp>
#include <ringview/platform/fork_flag.hpp>
#include <ringview/ring/alarm.hpp>
#include <ringview/ring/barrier.hpp>
#include <ringview/ring/message_watch.hpp>

namespace ringview::detail {

class EventThread;
class EventThreads;

/// A consumer's event_fd. The consumer sets it where it has found nothing; a thread of this process (event_thread.hpp)
/// sleeps on the ring for it and makes it readable.
///
/// Its consumer's thread makes it, sets it and destroys it. The event thread looks at the ring and makes the descriptor
/// readable, under a lock: so nothing of it is used after its destruction, and what has been set is not made readable
/// for what was there before.
class MessageEvent final : public ring::Alarm {
 public:
    /// What `watch` and `barrier` refer to must outlive this. Throws Error::system.
    MessageEvent(const ring::MessageWatch<>& watch, const ring::Barrier& barrier);
    MessageEvent(const MessageEvent&) = delete;
    MessageEvent& operator=(const MessageEvent&) = delete;
    /// In a forked child only the descriptor is closed: the thread is the parent's.
    ~MessageEvent() override;

    int fd() const noexcept { return fd_.get(); }
    void set(layout::Position position) noexcept override;
    void wait(std::chrono::nanoseconds timeout) noexcept override;

 private:
    friend class EventThread;
    friend class EventThreads;

    platform::ForkFlag fork_flag_;
    platform::EventFd fd_;
    ring::Barrier barrier_;
    ring::MessageWatch<> watch_;
    EventThread* thread_ = nullptr;

    // Written under the thread's lock: the position by the consumer, which may therefore read it without; the rest by
    // both.
    layout::Position position_ = 0;
    std::atomic<bool> is_set_{false};
    bool is_new_ = false;        ///< set, and not announced yet
    bool is_announced_ = false;  ///< our bit in waiters is set
    bool is_blind_ = false;      ///< no barrier could be had: a wake-up may not come
};

}  // namespace ringview::detail
