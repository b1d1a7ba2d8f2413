#include "producer_duties.hpp"

#include <algorithm>

#include <ringview/ring/recovery.hpp>
#include <ringview/ring/wake.hpp>

#include "producer.hpp"

namespace ringview::explore {

void ProducerDuties::admit_one() {
    for (unsigned line = 0; line < world_.scenario.producers; ++line) {
        if (!is_taken(line)) return admit(line);
    }
}

void ProducerDuties::admit(unsigned line) {
    ring::open_producer_line(world_.ring.daemon(), line);
    world_.findings.trace("producer {} comes", line);
    if (world_.scenario.ring.producers == 1) {
        world_.add<Producer<Ring::Producer>>(line);
    } else {
        world_.add<Producer<Ring::SharedProducer>>(line);
    }
}

bool ProducerDuties::is_taken(unsigned line) const {
    const std::uint64_t lines = world_.ring.daemon().state().membership.producers.load();
    return (lines >> line & 1) != 0;
}

void ProducerDuties::recover_some() {
    std::uint64_t gone = 0;
    ring::for_each_bit(dead_lines_, layout::max_producers,
                       [&](unsigned line) { gone |= world_.chance.one_in(3) ? 0 : std::uint64_t{1} << line; });
    recover(gone);
}

ring::Recovery ProducerDuties::recover(unsigned line, std::uint64_t gone) {
    if (world_.scenario.mistake != Mistake::forgets_claims)
        return ring::recover_producer(world_.ring.daemon(), line, gone);
    ring::close_producer_line(world_.ring.daemon(), line);
    return {};
}

void ProducerDuties::recover(std::uint64_t gone) {
    ring::for_each_bit(gone, layout::max_producers, [&](unsigned line) {
        const ring::Recovery recovery = recover(line, gone);
        world_.watch.look();
        if (recovery.is_done) {
            world_.findings.trace("producer {} is recovered", line);
            dead_lines_ &= ~(std::uint64_t{1} << line);
        } else {
            world_.findings.trace("producer {} waits for producer {}", line, recovery.delayed_by);
            ++world_.counts.delayed_recoveries;
        }
    });
}

}  // namespace ringview::explore
