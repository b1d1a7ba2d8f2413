#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>
#include <utility>

#include <ringview/platform/page_facts.hpp>

namespace ringview::server {

/// The pages behind the daemon's mappings, for `stat`. To look, the kernel walks the page tables of every ring; so that
/// clients that ask, create and remove all the time cannot stop the daemon by that, looking takes a twentieth of the
/// daemon's time at most, of which a little can be saved up. Until there is time again, what was seen is told again.
class MemoryWatch {
 public:
    using Clock = std::chrono::steady_clock;
    struct Look {
        Clock::time_point at{};  ///< what is younger was not seen
        platform::ProcessPages pages{};
    };

    static constexpr int share = 20;
    static constexpr Clock::duration most_saved = std::chrono::milliseconds(200);
    /// Kept for what is new: whoever makes a ring wants to see it.
    static constexpr Clock::duration kept_for_news = most_saved / 2;

    explicit MemoryWatch(std::function<Clock::time_point()> now = Clock::now,
                         std::function<platform::ProcessPages()> read = platform::ProcessPages::read)
        : now_(std::move(now)), read_(std::move(read)) {}

    const Look& look() {
        const auto now = now_();
        saved_ = std::min(most_saved, saved_ + (now - asked_at_) / share);
        asked_at_ = now;
        if (!last_ || saved_ > (has_news_ ? Clock::duration::zero() : kept_for_news)) {
            last_ = Look{now, read_()};
            saved_ -= now_() - now;
            has_news_ = false;
        }
        return *last_;
    }
    /// There is something that was not there when it looked.
    void expect_news() noexcept { has_news_ = true; }

 private:
    std::function<Clock::time_point()> now_;
    std::function<platform::ProcessPages()> read_;
    Clock::time_point asked_at_{};
    Clock::duration saved_{most_saved};
    bool has_news_ = false;
    std::optional<Look> last_{};
};

}  // namespace ringview::server
