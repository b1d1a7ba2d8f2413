#pragma once

#include <chrono>
#include <cstdint>
#include <deque>

#include <fmt/core.h>
#include <ringview/ringview.hpp>

#include "chance.hpp"
#include "content.hpp"
#include "ledger.hpp"
#include "worker.hpp"

namespace ringview::soak {

/// A member of the group of its ring. What it reads it enters into the ledger, and holds some of it for a while.
class Membership {
 public:
    Membership(const Task& task, Client client)
        : random_(task.seed), ledger_(*task.ledger), member_(client.consumer(task.ring, {.group = group_name})) {
        if (below(random_, 3) == 0) member_.event_fd();  // from now on next() waits for its thread
    }

    void step() {
        using namespace std::chrono_literals;
        const std::uint64_t choice = below(random_, 20);
        if (choice < 4) {
            take_batch();
        } else {
            keep(choice < 12 ? member_.next(20ms) : member_.try_next());
        }
        while (held_.size() > most_held_) release_one();
        if (below(random_, 100) == 0) most_held_ = below(random_, 6);
        if (below(random_, 300) == 0) platform::sleep_for(std::chrono::microseconds(below(random_, 5000)));
    }
    void finish() {
        while (!held_.empty()) release_one();
    }

 private:
    struct Held {
        Message<> message;
        Stamp stamp;
    };

    static Stamp whole(std::span<const std::byte> bytes, std::uint64_t position) {
        Stamp stamp{};
        require(read_content(bytes, stamp), fmt::format("the message at {} is torn", position));
        return stamp;
    }
    template <class AMessage>
    Stamp checked(const AMessage& message) {
        const Stamp stamp = whole(message.bytes(), message.position());
        if (!message.is_redelivered()) {
            require(message.position() >= next_, "positions do not rise");
            next_ = message.position() + 1;
        }
        ledger_.note(message.position(), message.is_redelivered());
        return stamp;
    }

    void keep(Message<> message) {
        if (!message) return require(message.error() == Error::empty, "next: " + message.error().message());
        const Stamp stamp = checked(message);
        held_.push_back({std::move(message), stamp});
    }
    void take_batch() {
        const auto messages = member_.try_next(1 + below(random_, 16));
        for (const auto message : messages) checked(message);
        for (const auto message : messages) {
            whole(message.bytes(), message.position());
            ledger_.note_done(message.position());
        }
    }
    void release_one() {
        const auto chosen = held_.begin() + static_cast<std::ptrdiff_t>(below(random_, held_.size()));
        const Stamp stamp = whole(chosen->message.bytes(), chosen->message.position());
        require(stamp.checksum == chosen->stamp.checksum,
                fmt::format("the message at {} was overwritten while it was held", chosen->message.position()));
        ledger_.note_done(chosen->message.position());
        held_.erase(chosen);
    }

    Random random_;
    Ledger& ledger_;
    Consumer<> member_;
    std::uint64_t next_ = 0;
    std::size_t most_held_ = 2;
    std::deque<Held> held_;
};

}  // namespace ringview::soak
