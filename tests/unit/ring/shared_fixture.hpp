#pragma once

#include <cstdint>

#include "ring_fixture.hpp"

namespace ringview::test {

/// Rings of several producers.
class SharedRingFrom : public RingFrom {
 public:
    layout::RingParameters shared(std::uint64_t slots, std::uint64_t history = 0) const {
        layout::RingParameters p = parameters(slots, history);
        p.producers = 4;
        return p;
    }
};

}  // namespace ringview::test
