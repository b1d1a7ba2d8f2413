#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <random>
#include <span>
#include <vector>

#include <gtest/gtest.h>
#include <ringview/ring/eviction.hpp>

#include "ring_fixture.hpp"

/// Whoever holds a message sees it whole until it lets go, while others come, go, are evicted and come back.
namespace ringview::test {
namespace {

using Content = std::vector<std::byte>;

Content content_of(layout::Position position, std::size_t bytes) {
    Content content(bytes);
    for (std::size_t i = 0; i < bytes; ++i) content[i] = static_cast<std::byte>((position + 1) * 7 + i * 13 + 1);
    return content;
}

/// A consumer that holds messages for a while, in whatever order it lets them go, and knows what each must hold.
struct Holder {
    InProcessRing<>::Consumer consumer;
    std::deque<ring::Received> held{};

    void take() {
        ring::Received message;
        if (consumer.try_next(message) != ok) return;
        held.push_back(message);
        expect_whole(message);
    }
    void release(std::size_t index) {
        expect_whole(held[index]);
        consumer.release(held[index].position);
        held.erase(held.begin() + static_cast<std::ptrdiff_t>(index));
    }
    void release_all() {
        while (!held.empty()) release(0);
    }
    static void expect_whole(const ring::Received& message) {
        const Content content = content_of(message.position, message.length);
        ASSERT_NE(message.length, 0U) << "at " << message.position;
        ASSERT_TRUE(std::equal(content.begin(), content.end(), message.payload)) << "at " << message.position;
    }
};

struct Shape {
    const char* name;
    std::uint64_t slot_bytes;
    std::uint64_t alignment;
    bool timestamps;
};
constexpr std::array shapes{Shape{"a line and a quarter", 64, 0, false}, Shape{"a line", 48, 0, false},
                            Shape{"some to a line", 8, 0, false},        Shape{"aligned to lines", 64, 64, false},
                            Shape{"with timestamps", 64, 0, true},       Shape{"many lines", 300, 0, false}};

class WholeMessages : public RingFrom {
 protected:
    layout::RingParameters shaped(const Shape& shape, std::uint64_t history = 0) const {
        layout::RingParameters p = parameters(64, history);
        p.slot_bytes = shape.slot_bytes;
        p.alignment = shape.alignment;
        p.timestamps = shape.timestamps;
        return p;
    }
};
RINGVIEW_FROM_EVERY_WRAP(WholeMessages);

/// Reserves up to `most`, fills them in, publishes all, some or none of them.
void publish_some(InProcessRing<>::Producer& producer, std::uint64_t most, std::uint64_t bytes, std::uint64_t some) {
    if (producer.try_reserve(most) != ok) return;
    const std::uint64_t given = producer.reserved_count();
    for (std::uint64_t i = 0; i < given; ++i) {
        const layout::Position position = producer.position() + i;
        const Content content = content_of(position, bytes);
        std::memcpy(producer.payload(position), content.data(), bytes);
    }
    if (some == 0) return producer.abandon();
    if (most == 1) {
        producer.publish(static_cast<std::uint32_t>(bytes));
    } else {
        producer.publish_batch(std::vector<std::uint32_t>(std::min(given, some), static_cast<std::uint32_t>(bytes)));
    }
}

InProcessRing<>::Consumer come_back(const InProcessRing<>& ring) {
    ring::leave(ring.daemon(), 3);
    ring.set_state(3, layout::MemberState::free);
    return ring.evictable_consumer(3);
}

TEST_P(WholeMessages, AreWhatEachHolderSeesHoweverItIsTreated) {
    for (const Shape& shape : shapes) {
        SCOPED_TRACE(shape.name);
        const InProcessRing<> ring(shaped(shape, 16));
        std::mt19937_64 random(shape.slot_bytes);  // NOLINT(cert-msc51-cpp): the same run each time
        Holder lossless{ring.consumer(0)};
        Holder lossy{ring.lossy_consumer(1)};
        Holder evictable{ring.evictable_consumer(3)};
        auto producer = ring.producer();
        for (int i = 0; i < 20'000 && !HasFatalFailure(); ++i) {
            const std::uint64_t dice = random() % 16;
            if (dice < 5) publish_some(producer, 1, shape.slot_bytes, random() % 16);
            if (dice == 5) publish_some(producer, 2 + random() % 40, shape.slot_bytes, random() % 40);
            if (random() % 256 == 0) {
                ring::close_producer_line(ring.daemon(), 0);
                producer = ring.producer();
            }
            Holder& holder = dice % 3 == 0 ? lossless : dice % 3 == 1 ? lossy : evictable;
            if (dice > 5) holder.take();
            if (dice > 10 && !holder.held.empty())
                holder.release(random() % std::min<std::size_t>(holder.held.size(), 3));
            if (random() % 128 == 0) holder.release_all();
            if (random() % 512 != 0) continue;
            // It keeps what it holds, and comes back.
            ASSERT_TRUE(ring::evict(ring.daemon(), ring.barrier(), 3, ring::HeldMarks::stored).has_value());
            for (int k = 0; k < 100; ++k) publish_some(producer, 1, shape.slot_bytes, 1);
            evictable.release_all();
            evictable.consumer = come_back(ring);
            Holder late{ring.consumer(2, ring::JoinAt::oldest)};
            for (int k = 0; k < 64; ++k) late.take();
            late.release_all();
            ring::leave(ring.daemon(), 2);
            ring.set_state(2, layout::MemberState::free);
        }
    }
}

}  // namespace
}  // namespace ringview::test
