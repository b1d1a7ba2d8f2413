#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <ringview/ringview.hpp>

#include "support/daemon.hpp"
#include "support/numbered.hpp"
#include "support/publish_numbered.hpp"

namespace ringview::test {

/// A ring of numbered messages, its producer, and members of its groups: in this process, or in others.
class GroupTest : public testing::Test {
 protected:
    static constexpr std::uint64_t slots = 16;
    static constexpr const char* group = "workers";

    Producer<> make_producer() {
        client.create({.name = "ring", .shape = {64}, .slots = slots});
        return client.producer("ring");
    }
    void publish(std::uint64_t count = 1) { publish_numbered(*producer, published, count); }
    Consumer<> member(const std::string& name, const std::string& of = group, bool is_durable = false) {
        return client.consumer("ring", {.name = name, .durable = is_durable, .group = of});
    }
    /// A process that takes `count` messages and keeps them; returns when it has.
    std::unique_ptr<Child> holder(const std::string& name, std::uint64_t count = 1, const std::string& of = group) {
        auto child =
            std::make_unique<Child>(helper("hold", {daemon.socket(), "ring", name, std::to_string(count), of}));
        EXPECT_EQ(child->read_line(), "attached");
        EXPECT_EQ(child->read_line(), "holds");
        return child;
    }

    static void expect_message(const AnyMessage& message, std::uint64_t number, bool is_redelivered = false) {
        ASSERT_TRUE(message) << number << ": " << message.error().message();
        EXPECT_EQ(message.position(), number);
        EXPECT_TRUE(is_numbered(message.bytes(), number)) << number;
        EXPECT_EQ(message.is_redelivered(), is_redelivered) << number;
    }

    GroupInfo info(const std::string& of = group) {
        for (const GroupInfo& each : client.stat("ring").groups) {
            if (each.name == of) return each;
        }
        throw std::runtime_error("there is no group " + of);
    }
    ConsumerInfo info_of(const std::string& name) {
        for (const ConsumerInfo& each : client.stat("ring").consumers) {
            if (each.name == name) return each;
        }
        throw std::runtime_error("there is no consumer " + name);
    }
    bool has_members(std::size_t count) { return client.stat("ring").consumers.size() == count; }
    bool is_producer_held_up_by(const std::string& what) {
        const std::vector<ProducerInfo> producers = client.stat("ring").producers;
        return std::any_of(producers.begin(), producers.end(), [&](const auto& p) { return p.waits_for == what; });
    }

    Daemon daemon;
    Client client = daemon.client();
    std::optional<Producer<>> producer = make_producer();
    std::uint64_t published = 0;
};

}  // namespace ringview::test
