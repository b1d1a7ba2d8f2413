#pragma once

#include <chrono>
#include <cstdint>

namespace ringview::cli {

/// Bytes and rate on standard error while it is a terminal; nothing otherwise.
class Progress {
 public:
    /// Where `is_wanted` and somebody may be looking.
    explicit Progress(bool is_wanted = true);
    /// Ends the line.
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    void add(std::uint64_t bytes);

 private:
    using Clock = std::chrono::steady_clock;
    void show(Clock::time_point now);

    bool is_shown_;
    Clock::time_point begin_ = Clock::now();
    Clock::time_point next_ = begin_;
    std::uint64_t bytes_ = 0;
    std::uint64_t messages_ = 0;
};

}  // namespace ringview::cli
