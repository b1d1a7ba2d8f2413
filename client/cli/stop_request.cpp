#include "stop_request.hpp"

#include <csignal>

namespace ringview::cli {
namespace {

volatile std::sig_atomic_t stop_signal = 0;

void on_signal(int signal) {
    stop_signal = signal;
}

}  // namespace

void catch_stop_signals() {
    struct sigaction action {};
    action.sa_handler = on_signal;
    // Without SA_RESTART, so that a read or write that waits for a pipe ends too; the second signal ends the program at
    // once.
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
    struct sigaction before {};
    // nohup has it ignored, and means it.
    if (sigaction(SIGHUP, nullptr, &before) == 0 && before.sa_handler != SIG_IGN) sigaction(SIGHUP, &action, nullptr);
}

bool is_stop_requested() noexcept {
    return stop_signal != 0;
}

}  // namespace ringview::cli
