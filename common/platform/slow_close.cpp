#include <deque>
#include <exception>
#include <mutex>
#include <utility>

#include <ringview/platform/background_thread.hpp>
#include <ringview/platform/slow_close.hpp>

namespace ringview::platform {
namespace {

/// One that hangs holds up a thread; the others go on.
constexpr unsigned most_threads = 16;

class Closer {
 public:
    void take(std::vector<UniqueFd> fds) {
        const std::lock_guard lock(mutex_);
        for (UniqueFd& fd : fds) waiting_.push_back(std::move(fd));
        if (threads_ == most_threads) return;
        start_background_thread("ringview-close", [this] { work(); }).detach();
        ++threads_;
    }

 private:
    void work() {
        for (;;) {
            UniqueFd next;
            const std::lock_guard lock(mutex_);
            if (waiting_.empty()) {
                --threads_;
                return;
            }
            next = std::move(waiting_.front());
            waiting_.pop_front();
            // The lock goes before the descriptor does.
        }
    }

    std::mutex mutex_;
    std::deque<UniqueFd> waiting_;
    unsigned threads_ = 0;
};

}  // namespace

void close_in_background(std::vector<UniqueFd> fds) noexcept {
    if (fds.empty()) return;
    try {
        static Closer& closer = *new Closer;  // outlives its threads
        closer.take(std::move(fds));
    } catch (const std::exception&) {
        // They wait for the next one that gets a thread.
    }
}

}  // namespace ringview::platform
