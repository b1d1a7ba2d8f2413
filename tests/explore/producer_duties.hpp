#pragma once

#include <cstdint>

#include <ringview/ring/recovery.hpp>

#include "world.hpp"

namespace ringview::explore {

/// What the daemon does for producers.
class ProducerDuties {
 public:
    explicit ProducerDuties(World& world) : world_(world) {}

    /// If there is a line for one.
    void admit_one();
    void note_death(unsigned line) noexcept { dead_lines_ |= std::uint64_t{1} << line; }
    /// It hears of a death sooner or later: of all that have died, or of some of them.
    void recover_all() { recover(dead_lines_); }
    void recover_some();
    bool has_recovered_all() const noexcept { return dead_lines_ == 0; }

 private:
    void recover(std::uint64_t gone);
    ring::Recovery recover(unsigned line, std::uint64_t gone);
    void admit(unsigned line);
    bool is_taken(unsigned line) const;

    World& world_;
    std::uint64_t dead_lines_ = 0;  ///< a bit each, until it is recovered
};

}  // namespace ringview::explore
