#pragma once

#include <functional>
#include <thread>
#include <utility>

#include <ringview/platform/error.hpp>
#include <ringview/ring/waiting.hpp>

namespace ringview::test {

/// Runs a blocking call in a thread of its own.
class Sleeper {
 public:
    explicit Sleeper(std::function<Error::Code()> call) : thread_([this, call = std::move(call)] { code_ = call(); }) {}
    ~Sleeper() {
        if (thread_.joinable()) thread_.join();
    }
    Sleeper(const Sleeper&) = delete;
    Sleeper& operator=(const Sleeper&) = delete;

    /// What the call answered.
    Error::Code code() {
        thread_.join();
        return code_;
    }

 private:
    Error::Code code_ = Error::system;
    std::thread thread_;
};

/// The call that waits for room as long as it takes.
template <class Producer>
std::function<Error::Code()> reserve_of(Producer& producer) {
    return [&producer] { return producer.reserve(ring::Deadline::never()); };
}

}  // namespace ringview::test
