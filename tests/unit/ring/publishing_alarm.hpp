#pragma once

#include <chrono>
#include <functional>
#include <utility>

#include <ringview/ring/alarm.hpp>

namespace ringview::test {

/// Publishes whenever its consumer waits.
class PublishingAlarm : public ring::Alarm {
 public:
    explicit PublishingAlarm(std::function<void()> publish) : publish_(std::move(publish)) {}
    void set(layout::Position /*position*/) noexcept override {}
    void wait(std::chrono::nanoseconds /*timeout*/) noexcept override { publish_(); }

 private:
    std::function<void()> publish_;
};

}  // namespace ringview::test
