#include "last_look.hpp"

#include <ringview/ring/head.hpp>
#include <ringview/ring/observe.hpp>

#include "content.hpp"

namespace ringview::explore {
namespace {

void check_accounts(const World& world) {
    for (const auto& client : world.clients) {
        if (const auto* const reader = dynamic_cast<const Reader*>(client.get())) reader->check_account();
    }
}

void dismiss_producers(World& world, Daemon& daemon) {
    for (const auto& client : world.clients) {
        if (!client->is_alive()) continue;
        client->die();
        daemon.note_death(*client);
    }
    daemon.producers().recover_all();
    world.findings.expect(daemon.producers().has_recovered_all(), "nobody lives, and somebody is not recovered");
}

/// As stat tells it.
void check_counts(World& world) {
    const ring::RingSnapshot told = ring::observe_ring(world.ring.daemon());
    const std::uint64_t positions = world.number_of(told.head);
    const std::uint64_t messages = world.ledger.count(Fate::message, told.head);
    const std::uint64_t tombstones = world.ledger.count(Fate::tombstone, told.head);
    world.findings.expect(messages + tombstones == positions, "of {} positions {} are neither message nor tombstone",
                          positions, positions - messages - tombstones);
    world.findings.expect(told.published == messages && told.tombstones == tombstones,
                          "of {} messages and {} tombstones {} and {} are counted", messages, tombstones,
                          told.published, told.tombstones);
    world.counts.positions += positions;
    world.counts.tombstones += tombstones;
}

template <class Producer>
void check_moves_on(World& world, Producer producer) {
    Ring::Consumer reader = world.ring.consumer();
    for (std::uint64_t i = 0; i < 3 * world.scenario.ring.slots && !world.findings.is_broken(); ++i) {
        world.findings.expect(producer.try_reserve() == Error::Code{}, "there is no room, and nobody is left");
        if (!producer.has_reservation()) return;
        producer.publish(content_bytes);
        world.watch.look();
        ring::Received message;
        const Error::Code code = reader.try_next(message);
        world.findings.expect(code == Error::Code{}, "a new reader is told {} by next", static_cast<int>(code));
        if (code == Error::Code{}) reader.release(message.position);
    }
}

}  // namespace

void look_at_what_is_left(World& world, Daemon& daemon) {
    daemon.see_to_the_dead();
    world.findings.expect(daemon.producers().has_recovered_all(), "a recovery does not end");
    check_accounts(world);
    daemon.readers().dismiss_all();
    daemon.group().check_all_is_done();
    daemon.group().dismiss_all();
    daemon.group().end();
    dismiss_producers(world, daemon);
    check_counts(world);
    if (world.scenario.ring.producers == 1) {
        check_moves_on(world, world.ring.producer());
    } else {
        check_moves_on(world, world.ring.shared_producer(0));
    }
}

}  // namespace ringview::explore
