#include "scenario.hpp"

#include <array>

#include "support/ring_bytes.hpp"

namespace ringview::explore {
namespace {

/// Zero, and shortly before each position where some width of arithmetic wraps.
constexpr layout::Position near_2_to(unsigned bits) {
    return (layout::Position{1} << bits) - 3;
}
constexpr std::array<layout::Position, 6> first_positions{
    0,
    near_2_to(32),
    near_2_to(48),
    near_2_to(63),
    ~layout::Position{0} - 2,
    near_2_to(63) + (layout::Position{1} << 48),
};

layout::RingParameters draw_ring(Producers producers, Chance& chance) {
    layout::RingParameters ring = test::small_ring();
    ring.slots = std::uint64_t{1} << chance.below(4);
    ring.slot_bytes = sizeof(std::uint64_t);
    ring.history = chance.one_in(2) ? 0 : chance.below(ring.slots);
    ring.first_position = first_positions[chance.below(first_positions.size())];
    ring.producers = producers == Producers::one ? 1 : 4;
    // Some fast paths are there only with membarrier, whose calls are slow.
    ring.asymmetric_barrier = chance.one_in(4);
    return ring;
}

/// Often or now and then: some mistakes need many disturbances to show, others a long time without.
std::uint64_t draw_rate(Chance& chance) {
    return chance.one_in(2) ? 8 + chance.below(60) : 30 + chance.below(600);
}

}  // namespace

Scenario draw_scenario(Producers producers, Chance& chance, Mistake mistake) {
    Scenario drawn;
    drawn.mistake = mistake;
    drawn.ring = draw_ring(producers, chance);
    if (producers == Producers::several) drawn.producers = 2 + static_cast<unsigned>(chance.below(3));
    drawn.has_lossy_readers = chance.one_in(2);
    drawn.has_evictions = chance.one_in(3);
    // On a ring with a stall timeout there are no groups.
    drawn.has_group = !drawn.has_evictions && !chance.one_in(3);
    drawn.members = 1 + chance.below(3);
    // Few clients meet more often.
    drawn.readers = drawn.has_group ? chance.below(3) : 1 + chance.below(3);
    drawn.steps = 3000 + chance.below(3000);
    drawn.turns_a_death = draw_rate(chance);
    drawn.turns_a_stop = draw_rate(chance);
    drawn.turns_a_duty = 1 + chance.below(12);
    return drawn;
}

}  // namespace ringview::explore
