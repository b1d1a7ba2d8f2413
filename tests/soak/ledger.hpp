#pragma once

#include <atomic>
#include <cstdint>
#include <stdexcept>

#include <fmt/core.h>

#include "shared.hpp"

namespace ringview::soak {

/// Which positions of a ring the members of its group, or the lives of one durable subscription, were handed and have
/// done with: shared by all processes that are forked from the one that made it, so that it knows what those had done
/// that were killed. A byte a position.
class Ledger {
 public:
    /// By a member that holds the message. Where one died that had only intended it, it may have come to another as
    /// redelivered already.
    void note(std::uint64_t position, bool is_redelivered) {
        const std::uint8_t before = mark(position, is_redelivered ? again : first);
        if (!is_redelivered && (before & first) != 0)
            throw std::runtime_error(fmt::format("the message at {} was handed out twice, and not as such", position));
    }
    /// By whoever is about to release the message: it need not come to another.
    void note_done(std::uint64_t position) { mark(position, done); }

    bool is_done(std::uint64_t position) const noexcept { return has(position, done); }
    /// Of the positions below `end`.
    std::uint64_t count_done(std::uint64_t end) const noexcept { return count(end, done); }
    std::uint64_t count_again(std::uint64_t end) const noexcept { return count(end, again); }

 private:
    static constexpr std::uint64_t positions = std::uint64_t{1} << 28;  ///< of a round of 10 s at 26 million a second
    static constexpr std::uint8_t first = 1;
    static constexpr std::uint8_t again = 2;
    static constexpr std::uint8_t done = 4;

    std::uint8_t mark(std::uint64_t position, std::uint8_t mark) {
        if (position >= positions) throw std::runtime_error("a round is too long for its ledger");
        return marks_[position].fetch_or(mark);
    }
    bool has(std::uint64_t position, std::uint8_t mark) const noexcept {
        return (marks_[position].load(std::memory_order_relaxed) & mark) != 0;
    }
    std::uint64_t count(std::uint64_t end, std::uint8_t mark) const noexcept {
        std::uint64_t marked = 0;
        for (std::uint64_t i = 0; i < end; ++i) marked += has(i, mark) ? 1 : 0;
        return marked;
    }

    Shared<std::atomic<std::uint8_t>> marks_{positions};
};

}  // namespace ringview::soak
