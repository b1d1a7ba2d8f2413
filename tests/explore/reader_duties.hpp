#pragma once

#include <cstdint>
#include <vector>

#include "places.hpp"
#include "reader.hpp"

namespace ringview::explore {

/// What the daemon does for subscriptions, each of which one consumer reads: lossless or evictable ones, and lossy
/// ones.
class ReaderDuties {
 public:
    ReaderDuties(World& world, Places& places) : world_(world), places_(places) {}

    /// If there are not too many.
    void admit_one();
    /// A durable one is away then, and may come back; another one is no more.
    void bury(const Reader& reader);
    /// Of those that are away, one comes back or is given up.
    void see_to_one_away();
    void evict_one();
    void settle_evicted();
    /// Nothing stays, of whatever lives or is away.
    void dismiss_all();

 private:
    struct Away {
        unsigned place;
        ring::Overrun kind;
        layout::Position unreleased;
    };

    ring::Overrun draw_kind();
    void check_history(layout::Position oldest) const;
    void go_away(const Reader& reader);
    void come_back(const Away& away);
    void leave(unsigned place);
    void evict(Reader& reader);
    void evict(Away& away);
    std::vector<Reader*> living() const;

    World& world_;
    Places& places_;
    std::vector<Away> away_;
};

}  // namespace ringview::explore
