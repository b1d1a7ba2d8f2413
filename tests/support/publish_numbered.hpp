#pragma once

#include <cstdint>

#include <gtest/gtest.h>
#include <ringview/ringview.hpp>

#include "support/deadline.hpp"
#include "support/numbered.hpp"

namespace ringview::test {

/// Publishes `count` messages, each of which must have room before long, numbered from `number` on, which is the next
/// one's afterwards.
inline void publish_numbered(Producer<>& producer, std::uint64_t& number, std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
        Slot<> slot = producer.reserve(patience);
        ASSERT_TRUE(slot) << number << ": " << slot.error().message();
        write_numbered(slot.bytes(), number++);
        slot.publish();
    }
}

}  // namespace ringview::test
