#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include <ringview/layout/position.hpp>

#include "fiber.hpp"

namespace ringview::explore {

/// A process that uses the ring, until it dies.
class Client {
 public:
    Client(std::string name, unsigned place, std::function<void()> after_each_step)
        : name_(std::move(name)), place_(place), fiber_([this] { run(); }, std::move(after_each_step)) {}
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;
    virtual ~Client() = default;

    const std::string& name() const noexcept { return name_; }
    /// Its producer line, or its subscription.
    unsigned place() const noexcept { return place_; }

    void go_on(std::uint64_t steps) { fiber_.resume(steps); }
    void die() noexcept { is_alive_ = false; }
    bool is_alive() const noexcept { return is_alive_; }

    void stand_still_for(std::uint64_t turns) noexcept { idle_turns_ = turns; }
    /// Whether it lets this turn pass.
    bool stands_still() noexcept {
        if (idle_turns_ == 0) return false;
        --idle_turns_;
        return true;
    }

    /// Whether it is in the midst of nothing. It stays so once the exploration ends.
    bool is_through() const noexcept { return is_through_; }
    /// Whether it reads a message in the slot of `position`, of so many slots.
    virtual bool holds_slot_of(layout::Position /*position*/, std::uint64_t /*slots*/) const noexcept { return false; }

 protected:
    /// Never returns.
    virtual void run() = 0;
    void be_through(bool is_through) noexcept { is_through_ = is_through; }

 private:
    std::string name_;
    unsigned place_;
    Fiber fiber_;
    bool is_alive_ = true;
    bool is_through_ = false;
    std::uint64_t idle_turns_ = 0;
};

}  // namespace ringview::explore
