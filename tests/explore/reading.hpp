#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "content.hpp"
#include "world.hpp"

namespace ringview::explore {

/// What whoever reads does: takes messages one by one or some at once, holds them, and releases them in whatever order.
template <class Side>
class Reading : public Client {
 public:
    bool holds_slot_of(layout::Position position, std::uint64_t slots) const noexcept override {
        return any_held([=](const ring::Received& m) { return ((m.position ^ position) & (slots - 1)) == 0; });
    }
    /// Whether `test(message)` is true of some message in its hands.
    template <class Test>
    bool any_held(const Test& test) const {
        return std::any_of(hands_.begin(), hands_.end(), [&](const Handful& handful) {
            return std::any_of(handful.messages.begin(), handful.messages.end(), test);
        });
    }

 protected:
    Reading(World& world, std::string name, unsigned subscription)
        : Client(std::move(name), subscription, [&world] { world.watch.look(); }), world_(world) {}

    virtual void attach(std::optional<Side>& side) = 0;
    virtual void note_taken(const ring::Received& message) = 0;
    virtual void note_releasing(const ring::Received& /*message*/) {}
    virtual bool may_be_evicted() const noexcept { return false; }
    virtual bool may_skip() const noexcept { return false; }

    std::uint64_t number_of(layout::Position position) const noexcept { return world_.number_of(position); }

    World& world_;
    std::optional<Side> side_;

 private:
    /// What one call has brought, as far as it is not released.
    struct Handful {
        std::vector<ring::Received> messages;
        bool is_whole = true;
    };

    void run() final {
        attach(side_);
        for (;;) {
            if (!world_.is_ending && (hands_.empty() || world_.chance.one_in(2))) take();
            be_through(hands_.empty());
            Fiber::step();
            if (!hands_.empty() && world_.chance.one_in(2)) let_go();
        }
    }

    void take() {
        be_through(false);
        std::size_t count = 1;
        const Error::Code code = try_to_take(count);
        if (code != Error::Code{}) return expect_reason(code);
        for (std::size_t i = 0; i < count; ++i) check_taken(batch_[i]);
        hands_.push_back({{batch_.begin(), batch_.begin() + static_cast<std::ptrdiff_t>(count)}});
    }

    Error::Code try_to_take(std::size_t& count) {
        Chance& chance = world_.chance;
        if (may_skip() && chance.one_in(16)) return side_->try_latest(batch_.front());
        const std::uint64_t most =
            1 + chance.below(std::min<std::uint64_t>(batch_.size(), world_.scenario.ring.slots + 1));
        if (most == 1 && chance.one_in(2)) return side_->try_next(batch_.front());
        return side_->try_next_batch(std::span(batch_).first(most), count);
    }

    void expect_reason(Error::Code code) {
        world_.findings.expect(
            code == Error::empty || code == Error::too_many_held || (code == Error::evicted && may_be_evicted()),
            "{} is told {} by next", name(), static_cast<int>(code));
    }

    void check_taken(const ring::Received& message) {
        world_.findings.trace("  {} takes {}{}", name(), number_of(message.position),
                              message.is_redelivered ? " again" : "");
        world_.findings.expect(world_.ledger.fate_of(message.position) == Fate::message,
                               "{} is handed {}, which is no message", name(), number_of(message.position));
        check_intact(message);
        note_taken(message);
    }

    void check_intact(const ring::Received& message) {
        world_.findings.expect(is_intact(message), "{} finds other bytes at {}", name(), number_of(message.position));
    }

    /// Mostly the oldest, all that came with it at once or one of them.
    void let_go() {
        Chance& chance = world_.chance;
        const auto handful =
            hands_.begin() + static_cast<std::ptrdiff_t>(chance.one_in(3) ? chance.below(hands_.size()) : 0);
        if (handful->is_whole && chance.one_in(3)) {
            releasing_ = std::move(handful->messages);
            hands_.erase(handful);
            for (const ring::Received& message : releasing_) check_releasing(message);
            side_->release_batch(releasing_);
        } else {
            const ring::Received message = take_out(*handful);
            if (handful->messages.empty()) hands_.erase(handful);
            check_releasing(message);
            side_->release(message.position);
        }
    }

    ring::Received take_out(Handful& handful) {
        Chance& chance = world_.chance;
        const std::uint64_t i = chance.one_in(3) ? chance.below(handful.messages.size()) : 0;
        const ring::Received message = handful.messages[i];
        handful.messages.erase(handful.messages.begin() + static_cast<std::ptrdiff_t>(i));
        handful.is_whole = false;
        return message;
    }

    /// From now on its slot may be written.
    void check_releasing(const ring::Received& message) {
        world_.findings.trace("  {} releases {}", name(), number_of(message.position));
        check_intact(message);
        note_releasing(message);
    }

    std::array<ring::Received, 16> batch_;
    std::vector<Handful> hands_;
    std::vector<ring::Received> releasing_;  ///< here and not on the stack, which nobody cleans up after a death
};

}  // namespace ringview::explore
