#include "single_step.hpp"

#include <chrono>
#include <optional>

#include <gmock/gmock.h>
#include <ringview/ringview.hpp>

#include "support/daemon.hpp"
#include "support/numbered.hpp"

namespace ringview::test {
namespace {

constexpr std::size_t capacity = numbered_least_bytes;
constexpr std::uint64_t slots = 4;

class KilledAtEveryInstruction : public testing::Test {
 protected:
    KilledAtEveryInstruction() {
        client.create({.name = "ring", .shape = {-1}, .slots = slots, .slot_bytes = capacity});
        survivor.emplace(client.consumer("ring", {.name = "survivor"}));
    }

    std::vector<std::string> stepped(const std::string& operation) const {
        return helper("step", {daemon.socket(), "ring", operation});
    }
    void publish(Producer<>& producer) {
        Slot<> slot = producer.reserve(patience);
        ASSERT_TRUE(slot) << slot.error().message();
        slot.resize(capacity);
        write_numbered(slot.bytes(), published++);
        slot.publish();
    }
    /// Takes all that is there, gapless and whole. Returns how many.
    std::uint64_t drain() {
        const std::uint64_t before = received;
        for (Message<> message = survivor->try_next(); message; message = survivor->try_next()) {
            EXPECT_EQ(message.position(), received);
            EXPECT_TRUE(is_numbered(message.bytes(), received, capacity)) << received;
            message.release();
            ++received;
        }
        return received - before;
    }
    void wait_for_no_producer() {
        wait_until("the dead producer's place", [&] { return client.stat("ring").producers.empty(); });
    }
    void wait_for_no_stepped_consumer() {
        wait_until("the dead consumer's place", [&] {
            for (const ConsumerInfo& consumer : client.stat("ring").consumers)
                if (consumer.name == "stepped") return false;
            return true;
        });
    }

    Daemon daemon{{}, {"--log-level", "warn"}};
    Client client = daemon.client();
    std::optional<Consumer<>> survivor;
    std::uint64_t published = 0;
    std::uint64_t received = 0;
};

TEST_F(KilledAtEveryInstruction, OfReserveAndPublishTheMessageIsThereWholeOrNotAtAll) {
    Child sleeper(helper("consume", {daemon.socket(), "ring", "sleeper", "0", std::to_string(capacity)}));
    EXPECT_EQ(sleeper.read_line(), "attached");
    // The same path for every message, so that what is published by some number of instructions must be published by
    // every larger number: the ring is beyond its first round, its gate lags behind, and the sleeper is asleep, so that
    // the waking belongs to what is stepped through.
    const auto prepare = [&] {
        published = received;
        Producer<> producer = client.producer("ring");
        do {
            publish(producer);
            EXPECT_EQ(drain(), 1U);
        } while (published < 2 * slots);
        wait_until("a consumer that sleeps", [&] {
            for (const ConsumerInfo& consumer : client.stat("ring").consumers)
                if (consumer.name == "sleeper") return consumer.waiting && consumer.lag == 0;
            return false;
        });
    };
    bool was_published = false;
    kill_at_instructions(stepped("publish"), prepare, [&](bool is_done) {
        wait_for_no_producer();
        const std::uint64_t delivered = drain();
        EXPECT_LE(delivered, 1U);
        EXPECT_EQ(client.stat("ring").head, received) << "the next producer goes on behind what was delivered";
        if (is_done) {
            EXPECT_EQ(delivered, 1U);
        } else {
            EXPECT_TRUE(delivered == 1 || !was_published) << "published by fewer instructions, not by more";
            was_published = delivered == 1;
        }
    });
    EXPECT_TRUE(was_published) << "no kill hit the moment after the store that publishes";
    client.remove("ring");
    const Ended ended = sleeper.wait();
    EXPECT_EQ(ended.code, 0) << ended.errors;
    EXPECT_THAT(ended.output, testing::HasSubstr("done " + std::to_string(received) + " "));
}

TEST_F(KilledAtEveryInstruction, OfNextAndReleaseNobodyElseIsDisturbed) {
    Producer<> producer = client.producer("ring");
    for (std::uint64_t i = 0; i < slots; ++i) publish(producer);
    EXPECT_EQ(drain(), slots);
    kill_at_instructions(
        stepped("next"), [] {},
        [&](bool) {
            // More than the ring holds: a cursor left behind would stop this.
            for (std::uint64_t i = 0; i < 2 * slots; ++i) {
                publish(producer);
                EXPECT_EQ(drain(), 1U);
            }
            wait_for_no_stepped_consumer();
        });
}

TEST_F(KilledAtEveryInstruction, OfASleepInNextNobodyElseIsDisturbed) {
    Producer<> producer = client.producer("ring");
    kill_at_instructions(
        stepped("sleep_next"), [] {},
        [&](bool) {
            for (std::uint64_t i = 0; i < 2 * slots; ++i) {
                publish(producer);
                EXPECT_EQ(drain(), 1U);
            }
            wait_for_no_stepped_consumer();
        });
}

TEST_F(KilledAtEveryInstruction, OfASleepInReserveTheRingStaysUsable) {
    const auto fill = [&] {
        Producer<> producer = client.producer("ring");
        while (published < received + slots) publish(producer);
    };
    kill_at_instructions(stepped("sleep_reserve"), fill, [&](bool) {
        wait_for_no_producer();
        EXPECT_EQ(client.stat("ring").head, published);
        EXPECT_EQ(drain(), slots);
    });
}

}  // namespace
}  // namespace ringview::test
