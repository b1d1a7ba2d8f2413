#pragma once

#include <algorithm>
#include <chrono>
#include <deque>

#include <fmt/core.h>
#include <ringview/ringview.hpp>

#include "chance.hpp"
#include "eviction.hpp"
#include "ledger.hpp"
#include "lives.hpp"
#include "reading.hpp"
#include "report.hpp"
#include "waits.hpp"
#include "worker.hpp"

namespace ringview::soak {

/// A consumer of a subscription of its own, of any policy, durable or not.
class Consuming {
 public:
    Consuming(const Task& task, Client client)
        : task_(task),
          random_(task.seed),
          client_(std::move(client)),
          way_(some_way(random_)),
          consumer_(client_.consumer(task.ring, {.name = task.durable_name,
                                                 .policy = task.policy,
                                                 .start = static_cast<Start>(below(random_, 3)),
                                                 .durable = !task.durable_name.empty(),
                                                 .waiting = waiting_of(way_)})),
          begin_(consumer_.position() - consumer_.lost()),
          life_(task.lives, begin_, consumer_.position(), may_lose()) {
        task.report->is_attached.store(true);
    }

    /// False once it has been evicted.
    bool step() {
        if (!take_something()) return false;
        while (held_.size() > most_held_) release_one();
        if (below(random_, 100) == 0) most_held_ = below(random_, 4);
        if (below(random_, 300) == 0) platform::sleep_for(std::chrono::microseconds(below(random_, 5000)));
        if (task_.stalls_on_purpose && !held_.empty() && below(random_, 10) == 0) return stall();
        return true;
    }

    bool come_to_rest(Report& report) {
        do {
            release_all();
            if (!wait_for_one()) return false;
        } while (consumer_.lag() != 0 || !held_.empty());
        report.position = consumer_.position();
        report.delivered = delivered_;
        report.lost = consumer_.lost();
        report.skipped = consumer_.skipped();
        return true;
    }

    /// At the end nothing is held, and the accounts are still right.
    void finish() { release_all(); }

 private:
    bool may_skip() const { return task_.may_skip && task_.ledger == nullptr; }
    bool may_lose() const { return task_.policy == Policy::lossy || task_.may_be_evicted; }

    bool take_something() {
        const std::uint64_t choice = below(random_, 20);
        if (choice == 0 && may_skip()) return take_one([&] { return consumer_.try_latest(); });
        if (choice < 4) return take_batch();
        if (choice < 12) return wait_for_one();
        return take_one([&] { return consumer_.try_next(); });
    }

    template <class Take>
    bool take_one(Take&& take) {
        life_.will_take(!held_.empty());
        Message<> message = take();
        const std::error_code error = message.error();
        if (message) {
            const Stamp stamp = check(message);
            held_.push_back({std::move(message), stamp});
        }
        settle();
        return !error || go_on_after(error);
    }

    bool wait_for_one() {
        const std::uint64_t before = delivered_;
        if (!take_one([&] { return wait_for_message(consumer_, way_); })) return false;
        // What we hold may be what everybody waits for.
        if (delivered_ == before && !held_.empty()) release_one();
        return true;
    }

    bool take_batch() {
        life_.will_take(!held_.empty());
        std::error_code error;
        {
            auto messages = consumer_.try_next(1 + below(random_, 16));
            error = messages.error();
            for (const auto message : messages) check(message);
            for (const auto message : messages) {
                whole(message.bytes(), message.position());
                if (task_.ledger != nullptr) task_.ledger->note_done(message.position());
            }
            if (messages) settle_at(held_.empty() ? messages[0].position() : first_unreleased());
            if (messages) life_.will_release(first_unreleased());
        }
        settle();
        return !error || go_on_after(error);
    }

    /// Nothing came: false where the reason is that we are evicted.
    bool go_on_after(std::error_code error) {
        if (error == Error::evicted && task_.may_be_evicted) return be_evicted();
        if (error == Error::empty) return true;
        // Held messages may be all that a consumer can keep that marks what it holds.
        require(error == Error::too_many_held, "next: " + error.message());
        if (!held_.empty()) release_one();
        return true;
    }

    template <class AMessage>
    Stamp check(const AMessage& message) {
        const std::uint64_t position = message.position();
        const Stamp stamp = whole(message.bytes(), position);
        require(delivered_ == 0 || position > last_position_, "positions do not rise");
        const bool misses_nothing =
            task_.policy == Policy::lossless && consumer_.skipped() == 0 && consumer_.lost() == 0;
        order_.check(stamp, position, misses_nothing);
        times_.check(stamp, message.published_at(), task_.has_timestamps);
        if (task_.ledger != nullptr) task_.ledger->note(position, true);
        last_position_ = position;
        ++delivered_;
        task_.report->messages.store(delivered_, std::memory_order_relaxed);
        return stamp;
    }

    void release_one() {
        const auto chosen = held_.begin() + static_cast<std::ptrdiff_t>(below(random_, held_.size()));
        require_unchanged(*chosen);
        if (task_.ledger != nullptr) task_.ledger->note_done(chosen->message.position());
        Held released = std::move(*chosen);
        held_.erase(chosen);
        life_.will_release(first_unreleased());
        released.message.release();
        settle();
    }
    void release_all() {
        while (!held_.empty()) release_one();
        settle();
    }
    std::uint64_t first_unreleased() const {
        std::uint64_t first = consumer_.position();
        for (const Held& held : held_) first = std::min(first, held.message.position());
        return first;
    }

    /// After everything that may have moved something.
    void settle() { settle_at(first_unreleased()); }
    void settle_at(std::uint64_t unreleased) {
        const std::uint64_t passed = consumer_.position() - begin_;
        const std::uint64_t counted = delivered_ + consumer_.lost() + consumer_.tombstones() + consumer_.skipped();
        require(passed == counted,
                fmt::format("{} positions passed, but {} delivered + {} lost + {} stepped over + {} skipped", passed,
                            delivered_, consumer_.lost(), consumer_.tombstones(), consumer_.skipped()));
        require(task_.policy == Policy::lossy || consumer_.lost() == lost_at_start_,
                "a lossless consumer lost something");
        Account own;
        own.next = consumer_.position();
        own.delivered = delivered_;
        own.lost = consumer_.lost();
        own.stepped_over = consumer_.tombstones();
        own.skipped = consumer_.skipped();
        life_.settle(own, unreleased);
    }

    /// Stands still, holding messages, until the daemon has evicted us for it.
    bool stall() {
        task_.report->is_standing_still.store(true);
        wait_until_evicted(client_, task_.ring);
        return be_evicted();
    }
    /// Producers go on meanwhile, but not where we are reading.
    bool be_evicted() {
        check_is_listed_as_evicted(client_, task_.ring, held_.size());
        for (int i = 0; i < 5; ++i) {
            for (const Held& held : held_) require_unchanged(held);
            platform::sleep_for(std::chrono::milliseconds(below(random_, 20)));
        }
        check_every_call_says_evicted(consumer_, way_);
        release_all();
        return false;
    }

    const Task& task_;
    Random random_;
    Client client_;
    Way way_;
    Consumer<> consumer_;
    std::uint64_t begin_;
    Life life_;
    std::uint64_t lost_at_start_ = consumer_.lost();
    std::uint64_t delivered_ = 0;
    std::uint64_t last_position_ = 0;
    std::size_t most_held_ = 2;
    ProducersOrder order_;
    PublishTimes times_;
    std::deque<Held> held_;
};

}  // namespace ringview::soak
