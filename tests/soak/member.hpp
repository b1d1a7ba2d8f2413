#pragma once

#include <chrono>
#include <cstdint>
#include <deque>

#include <fmt/core.h>
#include <ringview/ringview.hpp>

#include "chance.hpp"
#include "ledger.hpp"
#include "reading.hpp"
#include "report.hpp"
#include "waits.hpp"
#include "worker.hpp"

namespace ringview::soak {

/// A member of the group of its ring. What it reads it enters into the ledger, and holds some of it for a while.
class Membership {
 public:
    Membership(const Task& task, Client client)
        : random_(task.seed),
          ledger_(*task.ledger),
          report_(*task.report),
          way_(some_way(random_)),
          member_(client.consumer(task.ring, {.durable = true, .group = group_name, .waiting = waiting_of(way_)})) {
        report_.is_attached.store(true);
    }

    bool step() {
        const std::uint64_t choice = below(random_, 20);
        if (choice < 4) {
            take_batch();
        } else {
            const bool waits = choice < 12;
            const std::uint64_t before = delivered_;
            keep(waits ? wait_for_message(member_, way_) : member_.try_next());
            // What we hold may be what everybody waits for.
            if (waits && delivered_ == before && !held_.empty()) release_one();
        }
        while (held_.size() > most_held_) release_one();
        if (below(random_, 100) == 0) most_held_ = below(random_, 6);
        if (below(random_, 300) == 0) platform::sleep_for(std::chrono::microseconds(below(random_, 5000)));
        return true;
    }
    bool come_to_rest(Report& report) {
        do {
            finish();
            keep(wait_for_message(member_, way_));
        } while (member_.lag() != 0 || !held_.empty());
        report.lost = member_.lost();
        report.delivered = delivered_;
        report.redelivered = redelivered_;
        return true;
    }
    void finish() {
        while (!held_.empty()) release_one();
    }

 private:
    template <class AMessage>
    Stamp check(const AMessage& message) {
        const Stamp stamp = whole(message.bytes(), message.position());
        if (!message.is_redelivered()) {
            require(message.position() >= next_, "positions do not rise");
            next_ = message.position() + 1;
        }
        ledger_.note(message.position(), message.is_redelivered());
        ++delivered_;
        redelivered_ += message.is_redelivered() ? 1 : 0;
        report_.messages.store(delivered_, std::memory_order_relaxed);
        return stamp;
    }

    void keep(Message<> message) {
        if (!message) return require(message.error() == Error::empty, "next: " + message.error().message());
        const Stamp stamp = check(message);
        held_.push_back({std::move(message), stamp});
    }
    void take_batch() {
        const auto messages = member_.try_next(1 + below(random_, 16));
        for (const auto message : messages) check(message);
        for (const auto message : messages) {
            whole(message.bytes(), message.position());
            ledger_.note_done(message.position());
        }
    }
    void release_one() {
        const auto chosen = held_.begin() + static_cast<std::ptrdiff_t>(below(random_, held_.size()));
        require_unchanged(*chosen);
        ledger_.note_done(chosen->message.position());
        held_.erase(chosen);
    }

    Random random_;
    Ledger& ledger_;
    Report& report_;
    Way way_;
    Consumer<> member_;
    std::uint64_t next_ = 0;
    std::uint64_t delivered_ = 0;
    std::uint64_t redelivered_ = 0;
    std::size_t most_held_ = 2;
    std::deque<Held> held_;
};

}  // namespace ringview::soak
