#pragma once

#include <chrono>

namespace ringview::server {

/// What is seen to in a row before others are: 16 things, or fewer where they take long; at least one.
class Turn {
 public:
    /// Called before each of them.
    bool goes_on() { return done_++ == 0 || (done_ <= most && std::chrono::steady_clock::now() < end_); }

 private:
    static constexpr int most = 16;
    static constexpr std::chrono::milliseconds longest{1};

    int done_ = 0;
    std::chrono::steady_clock::time_point end_ = std::chrono::steady_clock::now() + longest;
};

}  // namespace ringview::server
