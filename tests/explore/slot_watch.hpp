#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include <ringview/ring/membership.hpp>

#include "client.hpp"
#include "findings.hpp"
#include "ledger.hpp"

namespace ringview::explore {

/// Looks at the ring's slots after each step of anybody: each position becomes a message or a tombstone, once and in
/// its turn, and no message is written over one that a living client reads.
class SlotWatch {
 public:
    SlotWatch(const ring::DaemonRing& ring, Ledger& ledger, Findings& findings,
              const std::vector<std::unique_ptr<Client>>& clients);

    void look();
    /// Before a message is written at `position`.
    void expect_nobody_reads(layout::Position position) const;

 private:
    struct Slot {
        const std::atomic<layout::Seq>* word;
        layout::Seq seq;        ///< at the last look
        layout::Position next;  ///< that it is for
    };

    void note_change(Slot& slot, layout::Seq seq);
    void expect_claimed(layout::Position position) const;

    ring::DaemonRing ring_;
    Ledger& ledger_;
    Findings& findings_;
    const std::vector<std::unique_ptr<Client>>& clients_;
    std::vector<Slot> slots_;
};

}  // namespace ringview::explore
