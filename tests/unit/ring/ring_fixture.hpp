#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

#include <gtest/gtest.h>
#include <ringview/platform/error.hpp>
#include <ringview/ring/observe.hpp>

#include "in_process_ring.hpp"

namespace ringview::test {

// NOLINTNEXTLINE(readability-identifier-naming): GoogleTest's name
inline void PrintTo(const ring::Received& message, std::ostream* out) {
    *out << "message of " << message.length << " bytes at " << message.position;
}

inline constexpr Error::Code ok{};

inline layout::RingParameters ring_of(std::uint64_t slots, layout::Position first_position = 0,
                                      std::uint64_t history = 0) {
    layout::RingParameters parameters = small_ring();
    parameters.slots = slots;
    parameters.slot_bytes = sizeof(std::uint64_t);
    parameters.history = history;
    parameters.first_position = first_position;
    return parameters;
}

inline constexpr layout::Position two_to_32 = layout::Position{1} << 32;
inline constexpr layout::Position two_to_63 = layout::Position{1} << 63;

/// Tests that run on rings which start at 0 and just before each position where some width of arithmetic wraps.
class RingFrom : public testing::TestWithParam<layout::Position> {
 public:
    layout::Position first() const { return GetParam(); }
    layout::RingParameters parameters(std::uint64_t slots, std::uint64_t history = 0) const {
        return ring_of(slots, first(), history);
    }
};

inline std::string first_position_name(const testing::TestParamInfo<layout::Position>& start) {
    if (start.param == 0) return "Zero";
    if (start.param < two_to_32) return "Near2To32";
    return start.param < two_to_63 ? "Near2To63" : "Near2To64";
}

/// Few enough before each wrap that every test of some messages passes it.
#define RINGVIEW_FROM_EVERY_WRAP(suite)                                                                             \
    INSTANTIATE_TEST_SUITE_P(                                                                                       \
        Start, suite, testing::Values(layout::Position{0}, two_to_32 - 3, two_to_63 - 3, ~layout::Position{0} - 2), \
        first_position_name)

/// The content of test messages: a number.
template <class Producer>
void write_number(const Producer& producer, std::uint64_t number) {
    std::memcpy(producer.payload(), &number, sizeof number);
}

inline std::uint64_t number_in(const ring::Received& message) {
    std::uint64_t number = 0;
    EXPECT_EQ(message.length, sizeof number);
    if (message.length == sizeof number) std::memcpy(&number, message.payload, sizeof number);
    return number;
}

template <class Producer>
Error::Code try_publish_number(Producer& producer, std::uint64_t number) {
    const Error::Code code = producer.try_reserve();
    if (code != ok) return code;
    write_number(producer, number);
    producer.publish(sizeof number);
    return code;
}

/// Publishes `count` numbers from `number` on; stops at the first that does not fit.
template <class Producer>
void publish_numbers(Producer& producer, std::uint64_t number, std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i)
        ASSERT_EQ(try_publish_number(producer, number + i), ok) << "message " << i;
}

/// Takes and releases `count` messages, which must be the numbers from `number` on.
template <class Consumer>
void expect_numbers(Consumer& consumer, std::uint64_t number, std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
        ring::Received message;
        ASSERT_EQ(consumer.try_next(message), ok) << "message " << i;
        EXPECT_EQ(number_in(message), number + i);
        consumer.release(message.position);
    }
}

/// The next message, which must be there, and stays held.
template <class Consumer>
ring::Received take(Consumer& consumer) {
    ring::Received message;
    EXPECT_EQ(consumer.try_next(message), ok);
    return message;
}

template <class Consumer>
Error::Code try_next_code(Consumer& consumer) {
    ring::Received message;
    return consumer.try_next(message);
}

template <class Ring>
std::uint64_t tombstones_of(const Ring& ring) {
    return ring::observe_ring(ring.daemon()).tombstones;
}

}  // namespace ringview::test
