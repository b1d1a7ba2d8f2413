#include "daemon.hpp"

#include <algorithm>

namespace ringview::explore {

void Daemon::do_something() {
    switch (world_.chance.below(7)) {
        case 0:
            return producers_.admit_one();
        case 1:
            return producers_.recover_some();
        case 2:
            return readers_.admit_one();
        case 3:
            return readers_.see_to_one_away();
        case 4:
            readers_.evict_one();
            return readers_.settle_evicted();
        case 5:
            group_.admit_one();
            return group_.settle();
        default:
            return bury_one();
    }
}

void Daemon::note_death(const Client& client) {
    const bool reads =
        dynamic_cast<const Reader*>(&client) != nullptr || dynamic_cast<const Member*>(&client) != nullptr;
    if (!reads) producers_.note_death(client.place());
}

void Daemon::bury(const Client& client) {
    if (const auto* const reader = dynamic_cast<const Reader*>(&client)) readers_.bury(*reader);
    if (const auto* const member = dynamic_cast<const Member*>(&client)) group_.bury(*member);
}

void Daemon::bury_one() {
    auto& clients = world_.clients;
    const auto dead = std::find_if(clients.begin(), clients.end(), [](const auto& c) { return !c->is_alive(); });
    if (dead == clients.end()) return;
    bury(**dead);
    clients.erase(dead);
}

void Daemon::see_to_the_dead() {
    auto& clients = world_.clients;
    while (std::any_of(clients.begin(), clients.end(), [](const auto& c) { return !c->is_alive(); })) bury_one();
    producers_.recover_all();
}

}  // namespace ringview::explore
