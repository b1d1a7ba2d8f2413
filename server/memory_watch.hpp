#pragma once

#include <chrono>
#include <optional>

#include <ringview/platform/page_facts.hpp>

namespace ringview::server {

/// The pages behind the daemon's mappings, for `stat`. To look, the kernel walks the page tables of every ring; so that
/// clients that ask all the time cannot stop the daemon by that, what was seen is told again for a while: looking takes
/// a twentieth of the daemon's time at most.
class MemoryWatch {
 public:
    const platform::ProcessPages& pages() {
        const auto now = Clock::now();
        if (!pages_ || now >= stale_at_) {
            pages_ = platform::ProcessPages::read();
            const auto end = Clock::now();
            constexpr int share = 20;
            stale_at_ = end + (share - 1) * (end - now);
        }
        return *pages_;
    }
    /// There is something that was not there when it looked.
    void forget() noexcept { pages_.reset(); }

 private:
    using Clock = std::chrono::steady_clock;

    std::optional<platform::ProcessPages> pages_{};
    Clock::time_point stale_at_{};
};

}  // namespace ringview::server
