#include "progress.hpp"

#include <algorithm>
#include <cstdio>

#include <fmt/core.h>
#include <ringview/platform/terminal.hpp>

#include "text.hpp"

namespace ringview::cli {
namespace {

constexpr std::chrono::milliseconds interval{200};

}  // namespace

Progress::Progress(bool is_wanted) : is_shown_(is_wanted && platform::is_terminal(stderr)) {}

Progress::~Progress() {
    if (!is_shown_) return;
    show(Clock::now());
    std::fputc('\n', stderr);
}

void Progress::add(std::uint64_t bytes) {
    bytes_ += bytes;
    ++messages_;
    if (!is_shown_) return;
    const Clock::time_point now = Clock::now();
    if (now >= next_) show(now);
}

void Progress::show(Clock::time_point now) {
    next_ = now + interval;
    const double seconds = std::max(std::chrono::duration<double>(now - begin_).count(), 1e-6);
    fmt::print(stderr, "\r{} in {} messages, {}/s   ", bytes_text(static_cast<double>(bytes_)), messages_,
               bytes_text(static_cast<double>(bytes_) / seconds));
}

}  // namespace ringview::cli
