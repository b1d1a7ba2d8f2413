#include <pthread.h>
#include <signal.h>

#include <string>
#include <system_error>
#include <utility>

#include <ringview/platform/background_thread.hpp>
#include <ringview/platform/error.hpp>

namespace ringview::platform {
namespace {

/// Blocks every signal in this thread, and in those that it starts, for as long as it lives.
class SignalsBlocked {
 public:
    SignalsBlocked() noexcept {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    SignalsBlocked(const SignalsBlocked&) = delete;
    SignalsBlocked& operator=(const SignalsBlocked&) = delete;
    ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
    sigset_t before_;
};

}  // namespace

std::thread start_background_thread(const char* name, std::function<void()> body) {
    const SignalsBlocked here;
    try {
        // The thread names itself: whoever started it might be too late.
        return std::thread([name = std::string(name), body = std::move(body)] {
            pthread_setname_np(pthread_self(), name.c_str());
            body();
        });
    } catch (const std::system_error& error) {
        throw Error::from_errno("cannot start a thread", error.code().value(), "is there a limit (ulimit -u)?");
    }
}

}  // namespace ringview::platform
