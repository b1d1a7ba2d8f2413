#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include <gtest/gtest.h>
#include <ringview/ring/slot_walk.hpp>

#include "ring_fixture.hpp"

namespace ringview::test {
namespace {

constexpr std::uint64_t ahead = ring::fetched_ahead;

template <class Header>
std::byte* bytes_of(Header& slot) {
    return reinterpret_cast<std::byte*>(&slot);
}

/// Steps, and at times jumps.
void walk_from(const layout::WritableRing<>& ring, layout::Position position) {
    ring::SlotWalk<layout::WritableRing<>> walk(ring, position);
    std::mt19937_64 random(ring.geometry().slot_count);  // NOLINT(cert-msc51-cpp): the same walk each time
    for (int i = 0; i < 1000; ++i) {
        ASSERT_EQ(&walk.slot(), &ring.slot(position)) << "at " << position << " after " << i;
        if (ring.geometry().slot_count > ahead) {
            ASSERT_EQ(walk.slot_ahead(), bytes_of(ring.slot(position + ahead))) << "at " << position << " after " << i;
        }
        if (random() % 20 == 0) {
            position += random() % 1000;
            if (random() % 4 == 0) position -= 1500;
            walk.jump(ring, position);
        } else {
            ++position;
            walk.step();
        }
    }
}

TEST(SlotWalk, IsAtTheSlotOfItsPositionAndLooksAheadOfThatHoweverItGotThere) {
    for (std::uint64_t slots = 1; slots <= 256; slots *= 2) {
        for (const std::uint64_t stride : {32U, 48U, 64U, 80U, 256U, 320U}) {
            SCOPED_TRACE(testing::Message() << slots << " slots of " << stride << " bytes");
            layout::Geometry geometry;
            geometry.slot_count = slots;
            geometry.slot_stride = stride;
            geometry.slot_header_bytes = layout::slot_header_bytes;
            std::vector<std::byte> memory(layout::slots_offset + slots * stride);
            std::vector<std::byte> cursors(1);
            const layout::WritableRing<> ring(geometry, memory.data(), cursors.data());
            for (const layout::Position position :
                 {layout::Position{0}, layout::Position{5}, two_to_32 - 10, two_to_63 - 10, ~layout::Position{0} - 10})
                walk_from(ring, position);
        }
    }
}

}  // namespace
}  // namespace ringview::test
