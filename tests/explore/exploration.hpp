#pragma once

#include <cstdint>
#include <string>

#include "daemon.hpp"
#include "world.hpp"

namespace ringview::explore {

/// A ring from its first position until everybody has gone, in the order of steps that follows from a seed.
class Exploration {
 public:
    Exploration(Producers producers, std::uint64_t seed, bool traces, Counts& counts, Mistake mistake = Mistake::none);

    /// The promise that was broken first; nothing where all were kept.
    std::string run();

 private:
    void let_clients_come_and_go();
    void give_turn(Client& client);
    void let_everybody_finish();
    bool is_everybody_through() const;

    Findings findings_;
    Chance chance_;
    Scenario scenario_;
    World world_;
    Daemon daemon_{world_};
    std::uint64_t steps_left_;
};

}  // namespace ringview::explore
