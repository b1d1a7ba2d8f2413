#pragma once

#include <string>

#include <ringview/control/ring_spec.hpp>
#include <ringview/layout/geometry.hpp>

/// From a spec, which anybody may have written, to the parameters of a ring.
namespace ringview::server {

/// The spec with every default filled in: slot_bytes and history. Throws Error::invalid or Error::unsupported, naming
/// the field, its value and what would do.
RingSpec complete_spec(RingSpec spec);

/// Of a completed spec.
layout::RingParameters plan_ring(const RingSpec& spec, bool has_membarrier);

/// "slots is 64, 128 was asked for; …": how two completed specs differ; empty where they are one ring.
std::string describe_difference(const RingSpec& existing, const RingSpec& wanted);

}  // namespace ringview::server
