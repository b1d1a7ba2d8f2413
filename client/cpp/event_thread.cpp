#include "event_thread.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include <ringview/platform/background_thread.hpp>
#include <ringview/ring/waiting.hpp>

namespace ringview::detail {

/// What the thread is about to sleep on: first its own word, then what wakes each event; as far as there is room, also
/// what says that nothing more will come, which the daemon tells by the former too.
class EventThread::Words {
 public:
    explicit Words(const platform::FutexWord& own) noexcept { words_[count_++] = own; }

    void add(const std::array<platform::FutexWord, 3>& of_event) noexcept {
        if (count_ == words_.size()) return;
        words_[count_++] = of_event[0];
        const std::size_t room = rest_.size() - rest_count_;
        std::copy_n(of_event.begin() + 1, std::min(room, of_event.size() - 1), rest_.begin() + rest_count_);
        rest_count_ += std::min(room, of_event.size() - 1);
    }
    std::span<const platform::FutexWord> all() noexcept {
        const std::size_t more = std::min(rest_count_, words_.size() - count_);
        std::copy_n(rest_.begin(), more, words_.begin() + count_);
        return {words_.data(), count_ + more};
    }

 private:
    std::array<platform::FutexWord, platform::max_futex_words> words_;
    std::array<platform::FutexWord, platform::max_futex_words> rest_;
    std::size_t count_ = 0;
    std::size_t rest_count_ = 0;
};

EventThread::EventThread() {
    events_.reserve(max_events);
    thread_ = platform::start_background_thread("ringview-events", [this] { run(); });
}

EventThread::~EventThread() {
    {
        const std::scoped_lock lock(mutex_);
        is_over_ = true;
    }
    notice_change();
    thread_.join();
}

bool EventThread::has_room() const {
    const std::scoped_lock lock(mutex_);
    return events_.size() < max_events;
}

void EventThread::add(MessageEvent& event) {
    const std::scoped_lock lock(mutex_);
    events_.push_back(&event);
    event.thread_ = this;
}

bool EventThread::remove(MessageEvent& event) noexcept {
    bool was_last = false;
    {
        const std::scoped_lock lock(mutex_);
        events_.erase(std::find(events_.begin(), events_.end(), &event));
        if (event.is_announced_) event.watch_.withdraw();
        was_last = events_.empty();
    }
    // It may be asleep on words that are about to be unmapped.
    notice_change();
    return was_last;
}

void EventThread::set(MessageEvent& event, layout::Position position) noexcept {
    {
        const std::scoped_lock lock(mutex_);
        if (!event.is_set_.load(std::memory_order_relaxed)) event.fd_.clear();
        event.position_ = position;
        event.is_new_ = true;
        event.is_set_.store(true, std::memory_order_relaxed);
    }
    notice_change();
}

void EventThread::notice_change() noexcept {
    changes_.fetch_add(1, std::memory_order_release);
    platform::futex_wake_all(&changes_);
}

void EventThread::run() noexcept {
    for (;;) {
        // Before anything else is looked at: what changes afterwards ends the sleep before it begins.
        const std::uint64_t changes = changes_.load(std::memory_order_acquire);
        Words words(platform::FutexWord::low_half(&changes_, changes));
        auto longest = std::chrono::nanoseconds::max();
        {
            const std::scoped_lock lock(mutex_);
            if (is_over_) return;
            announce_new_ones();
            longest = look_at_all(words);
        }
        platform::futex_wait_any(words.all(), longest);
    }
}

/// E3: publish against sleep. A barrier that reaches other processors does for all of them.
void EventThread::announce_new_ones() noexcept {
    const bool can_be_woken = platform::has_futex_wait_any();
    for (MessageEvent* event : events_) {
        if (!event->is_new_ || !can_be_woken) continue;
        event->watch_.announce(event->position_);
        event->is_announced_ = true;
    }
    bool has_reached_all = false;
    for (MessageEvent* event : events_) {
        if (!event->is_new_) continue;
        event->is_new_ = false;
        if (has_reached_all && !event->barrier_.is_local()) continue;
        event->is_blind_ = !can_be_woken || !event->barrier_.heavy();
        has_reached_all |= !event->is_blind_ && !event->barrier_.is_local();
    }
}

/// How long to sleep at most.
std::chrono::nanoseconds EventThread::look_at_all(Words& words) noexcept {
    auto longest = std::chrono::nanoseconds::max();
    for (MessageEvent* event : events_) {
        if (!event->is_set_.load(std::memory_order_relaxed)) continue;
        const auto look = event->watch_.look(event->position_);
        if (!look.may_sleep) {
            go_off(*event);
            continue;
        }
        words.add(look.words);
        longest = std::min(longest, event->is_blind_ ? ring::blind_poll : ring::longest_sleep);
    }
    return longest;
}

/// No longer set before it is readable: a consumer that still finds it set will see the descriptor become readable.
void EventThread::go_off(MessageEvent& event) noexcept {
    event.is_set_.store(false, std::memory_order_release);
    if (event.is_announced_) event.watch_.withdraw();
    event.is_announced_ = false;
    event.fd_.signal();
    // Its consumer may be busy with other things for long.
    event.watch_.pass_on();
}

EventThreads& EventThreads::of_process() {
    static std::atomic<EventThreads*> current{nullptr};
    EventThreads* threads = current.load(std::memory_order_acquire);
    if (threads != nullptr && threads->fork_flag_.is_in_creator()) return *threads;
    std::unique_ptr<EventThreads> own(new EventThreads(threads));
    if (current.compare_exchange_strong(threads, own.get(), std::memory_order_acq_rel)) return *own.release();
    return *threads;  // another thread was quicker
}

void EventThreads::add(MessageEvent& event) {
    const std::scoped_lock lock(mutex_);
    auto place = std::find_if(threads_.begin(), threads_.end(), [](const auto& thread) { return thread->has_room(); });
    if (place == threads_.end()) place = threads_.insert(place, std::make_unique<EventThread>());
    (*place)->add(event);
}

void EventThreads::remove(MessageEvent& event) noexcept {
    std::unique_ptr<EventThread> unused;  // ended without the lock
    const std::scoped_lock lock(mutex_);
    EventThread* const thread = event.thread_;
    if (!thread->remove(event)) return;
    const auto place = std::find_if(threads_.begin(), threads_.end(), [=](const auto& t) { return t.get() == thread; });
    unused = std::move(*place);
    threads_.erase(place);
}

std::size_t EventThreads::count() const {
    const std::scoped_lock lock(mutex_);
    return threads_.size();
}

}  // namespace ringview::detail
