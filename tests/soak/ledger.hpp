#pragma once

#include <sys/mman.h>

#include <atomic>
#include <cstdint>
#include <stdexcept>

#include <fmt/core.h>

namespace ringview::soak {

/// Which positions of a ring members of its group were handed and have done with: shared by all processes that are
/// forked from the one that made it, so that it knows what those had done that were killed. A byte a position; pages
/// come as they are used.
class Ledger {
 public:
    Ledger()
        : marks_(static_cast<std::atomic<std::uint8_t>*>(
              mmap(nullptr, positions, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0))) {
        if (marks_ == MAP_FAILED) throw std::runtime_error("no memory for a ledger");
    }
    Ledger(const Ledger&) = delete;
    Ledger& operator=(const Ledger&) = delete;
    ~Ledger() { munmap(marks_, positions); }

    /// By a member that holds the message.
    void note(std::uint64_t position, bool is_redelivered) {
        if (position >= positions) throw std::runtime_error("a round is too long for its ledger");
        const std::uint8_t before = marks_[position].fetch_or(is_redelivered ? again : first);
        if (!is_redelivered && before != 0)
            throw std::runtime_error(fmt::format("the message at {} was handed out twice, and not as such", position));
    }
    /// By a member that is about to release the message: it need not come to another.
    void note_done(std::uint64_t position) noexcept { marks_[position].fetch_or(done); }

    /// Of the positions below `end`.
    std::uint64_t count_done(std::uint64_t end) const noexcept { return count(end, done); }
    std::uint64_t count_again(std::uint64_t end) const noexcept { return count(end, again); }

 private:
    static constexpr std::uint64_t positions = std::uint64_t{1} << 28;  ///< of a round of 10 s at 26 million a second
    static constexpr std::uint8_t first = 1;
    static constexpr std::uint8_t again = 2;
    static constexpr std::uint8_t done = 4;

    std::uint64_t count(std::uint64_t end, std::uint8_t mark) const noexcept {
        std::uint64_t marked = 0;
        for (std::uint64_t i = 0; i < end; ++i) marked += (marks_[i].load() & mark) != 0 ? 1 : 0;
        return marked;
    }

    std::atomic<std::uint8_t>* marks_;
};

}  // namespace ringview::soak
