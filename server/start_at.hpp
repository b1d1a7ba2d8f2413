#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <ringview/control/ring_spec.hpp>
#include <ringview/ring/membership.hpp>

namespace ringview::server {

/// Where a client wishes a subscription or a group to begin.
struct StartAt {
    Start start = Start::next;
    std::optional<std::uint64_t> position{};  ///< instead of `start`
};

/// Where it begins, and how many positions later than was wished.
struct Beginning {
    layout::Position position = 0;
    std::uint64_t lost = 0;
};

inline ring::JoinAt join_at(Start start) {
    switch (start) {
        case Start::oldest:
            return ring::JoinAt::oldest;
        case Start::newest:
            return ring::JoinAt::newest;
        case Start::next:
            break;
    }
    return ring::JoinAt::next;
}

}  // namespace ringview::server
