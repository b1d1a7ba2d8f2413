#include "slot_watch.hpp"

namespace ringview::explore {

SlotWatch::SlotWatch(const ring::DaemonRing& ring, Ledger& ledger, Findings& findings,
                     const std::vector<std::unique_ptr<Client>>& clients)
    : ring_(ring), ledger_(ledger), findings_(findings), clients_(clients) {
    const layout::Position first = ring.geometry().first_position;
    for (layout::Position position = first; position != first + ring.geometry().slot_count; ++position) {
        const auto& word = ring.slot(position).seq;
        slots_.push_back({&word, word.load(), position});
    }
}

void SlotWatch::look() {
    for (Slot& slot : slots_) {
        const layout::Seq seq = slot.word->load(std::memory_order_relaxed);
        if (seq != slot.seq) [[unlikely]]
            note_change(slot, seq);
    }
}

void SlotWatch::note_change(Slot& slot, layout::Seq seq) {
    const layout::Position position = slot.next;
    const bool is_message = seq == layout::seq_of(position);
    findings_.expect(is_message || seq == layout::tombstone_of(position),
                     "the slot of position {} goes from seq {:x} to {:x}", ledger_.number_of(position), slot.seq, seq);
    findings_.trace("    {} is a {}", ledger_.number_of(position), is_message ? "message" : "tombstone");
    expect_claimed(position);
    if (is_message) expect_nobody_reads(position);
    ledger_.settle(position, is_message ? Fate::message : Fate::tombstone);
    slot.seq = seq;
    slot.next = position + ring_.geometry().slot_count;
}

/// The only producer of a ring claims nothing.
void SlotWatch::expect_claimed(layout::Position position) const {
    if (ring_.geometry().producer_limit == 1) return;
    const layout::Position head = ring_.state().head.value.load(std::memory_order_relaxed);
    findings_.expect(layout::distance(head, position) > 0, "{} is published, and nobody has claimed it",
                     ledger_.number_of(position));
}

void SlotWatch::expect_nobody_reads(layout::Position position) const {
    for (const auto& client : clients_) {
        findings_.expect(!client->is_alive() || !client->holds_slot_of(position, ring_.geometry().slot_count),
                         "{} is written over a message that {} holds", ledger_.number_of(position), client->name());
    }
}

}  // namespace ringview::explore
