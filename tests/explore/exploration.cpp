#include "exploration.hpp"

#include <algorithm>

#include "last_look.hpp"

namespace ringview::explore {

Exploration::Exploration(Producers producers, std::uint64_t seed, bool traces, Counts& counts, Mistake mistake)
    : findings_(traces),
      chance_(seed),
      scenario_(draw_scenario(producers, chance_, mistake)),
      world_(scenario_, chance_, findings_, counts),
      steps_left_(scenario_.steps) {}

std::string Exploration::run() {
    let_clients_come_and_go();
    let_everybody_finish();
    // What follows takes for granted that the ring can be used.
    if (!findings_.is_broken()) look_at_what_is_left(world_, daemon_);
    return findings_.first();
}

void Exploration::let_clients_come_and_go() {
    while (steps_left_ != 0 && !findings_.is_broken()) {
        if (chance_.one_in(scenario_.turns_a_duty) || world_.clients.empty()) {
            daemon_.do_something();
            world_.watch.look();
        }
        if (world_.clients.empty()) continue;
        Client& client = *world_.clients[chance_.below(world_.clients.size())];
        if (client.is_alive() && !client.stands_still()) give_turn(client);
    }
}

/// Mostly a single step, after which somebody else may come.
void Exploration::give_turn(Client& client) {
    const std::uint64_t steps = std::min(steps_left_, chance_.one_in(3) ? 1 + chance_.below(40) : 1);
    findings_.trace("{}: {} steps", client.name(), steps);
    client.go_on(steps);
    steps_left_ -= steps;
    world_.counts.steps += steps;
    if (chance_.one_in(scenario_.turns_a_stop)) client.stand_still_for(chance_.below(chance_.one_in(4) ? 200 : 20));
    if (!chance_.one_in(scenario_.turns_a_death)) return;
    findings_.trace("{} dies", client.name());
    client.die();
    daemon_.note_death(client);
    ++world_.counts.deaths;
}

void Exploration::let_everybody_finish() {
    constexpr int most_rounds = 1000;
    world_.is_ending = true;
    findings_.trace("everybody finishes");
    for (int round = 0; round < most_rounds && !is_everybody_through() && !findings_.is_broken(); ++round) {
        for (const auto& client : world_.clients) {
            if (client->is_alive()) client->go_on(1 + chance_.below(4));
        }
    }
    findings_.expect(is_everybody_through(), "somebody cannot finish");
}

bool Exploration::is_everybody_through() const {
    return std::all_of(world_.clients.begin(), world_.clients.end(),
                       [](const auto& client) { return !client->is_alive() || client->is_through(); });
}

}  // namespace ringview::explore
