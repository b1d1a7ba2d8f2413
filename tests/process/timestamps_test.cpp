#include <chrono>
#include <cstdint>
#include <optional>

#include <gtest/gtest.h>
#include <ringview/ringview.hpp>

#include "support/daemon.hpp"

namespace ringview::test {
namespace {

using std::chrono::steady_clock;

/// A ring whose messages carry their publish time.
class Timestamps : public testing::TestWithParam<std::uint32_t> {
 protected:
    RingSpec spec() const {
        RingSpec spec;
        spec.name = "ring";
        spec.format = "q";
        spec.slots = 64;
        spec.producers = GetParam();
        spec.timestamps = true;
        return spec;
    }
    Client with_ring() {
        Client made = daemon.client();
        made.create(spec());
        return made;
    }
    std::optional<std::uint64_t> lag_ns(const std::string& ring = "ring") {
        return client.stat(ring).consumers.at(0).lag_ns;
    }

    Daemon daemon;
    Client client = with_ring();
};
INSTANTIATE_TEST_SUITE_P(Producers, Timestamps, testing::Values(1U, 3U),
                         [](const auto& test) { return "Of" + std::to_string(test.param); });

TEST_P(Timestamps, AreTheClocksAtPublish) {
    auto producer = client.producer<std::int64_t>("ring");
    auto consumer = client.consumer<std::int64_t>("ring");
    auto slot = producer.reserve();
    ASSERT_TRUE(slot);
    *slot = 1;
    const auto before = steady_clock::now();
    slot.publish();
    const auto after = steady_clock::now();
    const auto message = consumer.next();
    ASSERT_TRUE(message);
    EXPECT_GE(message.published_at(), before);
    EXPECT_LE(message.published_at(), after);
}

TEST_P(Timestamps, AreOneForAWholeBatch) {
    auto producer = client.producer<std::int64_t>("ring");
    auto consumer = client.consumer<std::int64_t>("ring");
    auto slots = producer.reserve(5);
    ASSERT_EQ(slots.size(), 5U);
    const auto before = steady_clock::now();
    ASSERT_FALSE(slots.publish());
    const auto after = steady_clock::now();
    const auto messages = consumer.next(5);
    ASSERT_EQ(messages.size(), 5U);
    EXPECT_GE(messages[0].published_at(), before);
    EXPECT_LE(messages[0].published_at(), after);
    for (const auto message : messages) EXPECT_EQ(message.published_at(), messages[0].published_at());
}

TEST_P(Timestamps, LetStatShowALagThatGrowsWhileAMessageWaits) {
    auto producer = client.producer<std::int64_t>("ring");
    auto consumer = client.consumer<std::int64_t>("ring");
    EXPECT_EQ(lag_ns(), 0U);
    producer.reserve().publish();
    const auto once = lag_ns();
    ASSERT_TRUE(once);
    const auto message = consumer.next();
    ASSERT_TRUE(message);
    const auto later = lag_ns();
    const auto age = steady_clock::now() - message.published_at();
    ASSERT_TRUE(later) << "held is not released";
    EXPECT_GT(*later, *once);
    EXPECT_LE(*later, static_cast<std::uint64_t>(std::chrono::nanoseconds(age).count()));
}

TEST_P(Timestamps, LetStatShowNoLagOnceAllIsReleased) {
    auto producer = client.producer<std::int64_t>("ring");
    auto consumer = client.consumer<std::int64_t>("ring");
    producer.reserve().publish();
    consumer.next().release();
    EXPECT_EQ(lag_ns(), 0U);
}

TEST_P(Timestamps, AreNotThereUnlessAskedFor) {
    RingSpec plain = spec();
    plain.name = "plain";
    plain.timestamps = false;
    client.create(plain);
    auto producer = client.producer<std::int64_t>("plain");
    auto consumer = client.consumer<std::int64_t>("plain");
    producer.reserve().publish();
    const auto message = consumer.next();
    ASSERT_TRUE(message);
    EXPECT_EQ(message.published_at(), steady_clock::time_point{});
    EXPECT_EQ(lag_ns("plain"), std::nullopt);
}

}  // namespace
}  // namespace ringview::test
