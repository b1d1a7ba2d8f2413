#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <ringview/layout/ring_memory.hpp>

#include "chance.hpp"
#include "client.hpp"
#include "findings.hpp"
#include "ledger.hpp"
#include "scenario.hpp"
#include "slot_watch.hpp"
#include "stepped.hpp"
#include "support/in_process_ring.hpp"

namespace ringview::explore {

using Ring = test::InProcessRing<Stepped, Stepped>;

/// How often what happened: an exploration that meets nothing proves nothing.
struct Counts {
    std::uint64_t steps = 0;
    std::uint64_t positions = 0;
    std::uint64_t tombstones = 0;
    std::uint64_t deaths = 0;
    std::uint64_t delayed_recoveries = 0;
    std::uint64_t evictions = 0;
    std::uint64_t returns = 0;
    std::uint64_t redeliveries = 0;
    std::uint64_t skipped = 0;
};

/// What everybody has in common.
struct World {
    World(const Scenario& what, Chance& luck, Findings& found, Counts& counted)
        : scenario(what), chance(luck), findings(found), counts(counted), ring(what.ring) {}

    layout::WritableRing<Stepped> writable() const noexcept {
        return {ring.geometry(), ring.bytes().slots().data(), ring.bytes().cursors().data()};
    }
    layout::ReadableRing<Stepped> readable() const noexcept {
        return {ring.geometry(), ring.bytes().slots().data(), ring.bytes().cursors().data()};
    }
    std::uint64_t number_of(layout::Position position) const noexcept { return ledger.number_of(position); }

    /// Makes a client, which goes on when its turn comes.
    template <class Kind, class... Args>
    Kind& add(Args&&... args) {
        auto client = std::make_unique<Kind>(*this, std::forward<Args>(args)...);
        Kind& added = *client;
        clients.push_back(std::move(client));
        return added;
    }

    const Scenario& scenario;
    Chance& chance;
    Findings& findings;
    Counts& counts;
    Ring ring;
    Ledger ledger{ring.geometry().first_position};
    std::vector<std::unique_ptr<Client>> clients;
    SlotWatch watch{ring.daemon(), ledger, findings, clients};
    bool is_ending = false;  ///< nobody begins anything new
};

}  // namespace ringview::explore
