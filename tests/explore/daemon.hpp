#pragma once

#include "group_duties.hpp"
#include "places.hpp"
#include "producer_duties.hpp"
#include "reader_duties.hpp"

namespace ringview::explore {

/// What the daemon does, between the steps of the clients.
class Daemon {
 public:
    explicit Daemon(World& world) : world_(world) {}

    /// One duty, whichever it comes to.
    void do_something();
    void note_death(const Client& client);
    /// All that is to be done for those that have died.
    void see_to_the_dead();

    ProducerDuties& producers() noexcept { return producers_; }
    ReaderDuties& readers() noexcept { return readers_; }
    GroupDuties& group() noexcept { return group_; }

 private:
    void bury(const Client& client);
    void bury_one();

    World& world_;
    Places places_;
    ProducerDuties producers_{world_};
    ReaderDuties readers_{world_, places_};
    GroupDuties group_{world_, places_};
};

}  // namespace ringview::explore
