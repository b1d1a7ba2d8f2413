#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include <ringview/platform/clock.hpp>
#include <ringview/platform/cpu.hpp>
#include <ringview/ring/waiting.hpp>

namespace ringview::ring {

struct WaitOptions {
    Waiting waiting = Waiting::sleep;
    std::chrono::nanoseconds spin_time = default_spin_time;
};

/// What a handle does before it sleeps, or instead.
///
/// Belongs to its handle.
class Patience {
 public:
    explicit Patience(const WaitOptions& options) noexcept : waiting_(options.waiting), spin_time_(options.spin_time) {}

    /// Waits for `ready()` until the deadline. True: look again, whether because it is or because it is time to look at
    /// everything else; false: sleep now. `relax()` is called between two looks.
    template <class Ready, class Relax>
    bool look_again(Ready&& ready, Relax&& relax, Deadline deadline) noexcept {
        switch (waiting_) {
            case Waiting::spin:
                poll(ready, relax, spin_round, deadline);
                return true;
            case Waiting::yield:
                if (!poll(ready, relax, spin_time_, deadline)) platform::yield();
                return true;
            case Waiting::sleep:
                break;
        }
        return spin_and_yield(ready, relax, deadline);
    }

    /// Where nobody will wake us.
    void pause(std::chrono::nanoseconds duration) const noexcept {
        switch (waiting_) {
            case Waiting::spin:
                return platform::pause_for(polite_poll);
            case Waiting::yield:
                return platform::yield();
            case Waiting::sleep:
                return platform::sleep_for(duration);
        }
    }

 private:
    /// Looks a few times before it looks at the clock, which takes as long as a message on its way.
    template <class Ready, class Relax>
    static bool poll(Ready& ready, Relax& relax, std::chrono::nanoseconds duration, Deadline deadline) noexcept {
        if (poll_briefly(ready, relax)) return true;
        const std::int64_t end_ns = std::min(platform::monotonic_ns() + duration.count(), deadline.at_ns);
        while (platform::monotonic_ns() < end_ns) {
            if (poll_briefly(ready, relax)) return true;
        }
        return false;
    }
    template <class Ready, class Relax>
    static bool poll_briefly(Ready& ready, Relax& relax) noexcept {
        constexpr unsigned looks = 8;
        for (unsigned i = 0; i < looks; ++i) {
            if (ready()) return true;
            relax();
        }
        return false;
    }

    template <class Ready, class Relax>
    bool spin_and_yield(Ready& ready, Relax& relax, Deadline deadline) noexcept {
        std::chrono::nanoseconds spin = spin_time_;
        for (unsigned i = 0; i < spins_before_sleep; ++i) {
            if (poll(ready, relax, spin, deadline) || deadline.has_passed()) return true;
            if (!offer_processor()) break;
            spin = std::min(spin_time_, default_spin_time);
        }
        return ready();
    }

    /// False where it is not done, because it has cost too much lately.
    bool offer_processor() noexcept {
        const std::int64_t begin_ns = platform::monotonic_ns();
        if (begin_ns < next_offer_ns_) return false;
        platform::yield();
        const std::int64_t end_ns = platform::monotonic_ns();
        const std::int64_t taken_ns = end_ns - begin_ns;
        if (taken_ns > long_offer.count()) [[unlikely]]
            next_offer_ns_ = end_ns + std::min(taken_ns * offers_pause_factor, longest_offers_pause.count());
        return true;
    }

    Waiting waiting_;
    std::chrono::nanoseconds spin_time_;
    std::int64_t next_offer_ns_ = 0;
};

}  // namespace ringview::ring
