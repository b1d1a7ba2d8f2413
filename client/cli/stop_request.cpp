#include "stop_request.hpp"

#include <csignal>

namespace ringview::cli {
namespace {

volatile std::sig_atomic_t stop_signal = 0;

void on_signal(int signal) {
    stop_signal = signal;
    // The second one ends the program at once.
    std::signal(signal, SIG_DFL);
}

}  // namespace

void catch_stop_signals() {
    std::signal(SIGINT, on_signal);
    std::signal(SIGTERM, on_signal);
}

bool is_stop_requested() noexcept {
    return stop_signal != 0;
}

}  // namespace ringview::cli
