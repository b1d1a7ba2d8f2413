#include <chrono>
#include <memory>
#include <optional>
#include <random>

#include <gmock/gmock.h>
#include <ringview/control/ring_name.hpp>
#include <ringview/layout/ring_memory.hpp>
#include <ringview/layout/validate.hpp>
#include <ringview/platform/mapping.hpp>
#include <ringview/platform/shared_memory.hpp>
#include <ringview/ringview.hpp>

#include "single_step.hpp"
#include "support/daemon.hpp"
#include "support/numbered.hpp"

namespace ringview::test::several_producers_step_test {
namespace {

constexpr std::size_t capacity = tag_bytes + numbered_least_bytes;
constexpr std::uint64_t slots = 4;

/// A ring whose segments the test looks into.
class OpenedRing {
 public:
    OpenedRing(const std::string& instance, const std::string& ring)
        : slots_(map(control::segment_name(instance, ring, control::SegmentRole::slots))),
          cursors_(map(control::segment_name(instance, ring, control::SegmentRole::cursors))),
          memory_(layout::validate(slots_.bytes(), cursors_.bytes()).geometry, slots_.data(), cursors_.data()) {}

    std::uint64_t intent(unsigned line) const { return memory_.producer_line(line).intent.load(); }
    std::uint64_t head() const { return memory_.state().head.value.load(); }

 private:
    static platform::Mapping map(const std::string& name) {
        const platform::UniqueFd fd = platform::open_segment(name, platform::Access::read_write);
        return {fd.get(), static_cast<std::size_t>(platform::file_bytes(fd.get())), platform::Access::read_write};
    }

    platform::Mapping slots_;
    platform::Mapping cursors_;
    layout::WritableRing<> memory_;
};

class OneOfSeveralProducers : public testing::Test {
 protected:
    OneOfSeveralProducers() {
        client.create({.name = "ring", .shape = {-1}, .slots = slots, .slot_bytes = capacity, .producers = 3});
        other.emplace(client.producer("ring", {.name = "other"}));
        survivor.emplace(client.consumer("ring", {.name = "survivor"}));
    }

    std::vector<std::string> stepped(const std::string& operation) const {
        return helper("step", {daemon.socket(), "ring", operation});
    }
    void publish() {
        Slot<> slot = other->reserve(patience);
        ASSERT_TRUE(slot) << slot.error().message();
        slot.resize(tagged_length(published, capacity));
        write_tagged(slot.bytes(), other->id(), published++);
        slot.publish();
    }
    /// Takes all that is there: whole, without a gap, that of `other` in its order. How many are of somebody else.
    std::uint64_t drain() {
        std::uint64_t of_stepped = 0;
        for (Message<> message = survivor->try_next(); message; message = survivor->try_next()) {
            const std::optional<Tag> tag = tag_of(message.bytes(), capacity);
            EXPECT_TRUE(tag) << "torn at " << message.position();
            if (!tag) break;
            EXPECT_EQ(message.position(), received + survivor->tombstones());
            EXPECT_EQ(message.producer(), tag->producer);
            const bool is_others = tag->producer == other->id();
            EXPECT_EQ(tag->number, is_others ? received_of_other++ : stepped_number);
            if (!is_others) ++of_stepped;
            message.release();
            ++received;
        }
        return of_stepped;
    }
    void wait_for_the_lines_of_the_dead() {
        ++kills;
        wait_until("the dead producer's line", [&] { return client.stat("ring").producers.size() == 1; });
    }
    /// That the ring goes on, for more than a lap. How many messages of the dead one turn up.
    std::uint64_t expect_others_go_on() {
        std::uint64_t of_stepped = drain();
        for (std::uint64_t i = 0; i < 2 * slots; ++i) {
            publish();
            of_stepped += drain();
            EXPECT_EQ(received_of_other, published) << "what is published is delivered";
        }
        const RingInfo info = client.stat("ring");
        EXPECT_EQ(info.head, received + survivor->tombstones());
        EXPECT_LE(info.tombstones, survivor->tombstones()) << "none that is not there";
        EXPECT_GE(info.tombstones + kills, survivor->tombstones()) << "but who dies in the very act may not count it";
        return of_stepped;
    }

    Daemon daemon{{}, {"--log-level", "error"}};
    Client client = daemon.client();
    std::optional<Producer<>> other;
    std::optional<Consumer<>> survivor;
    std::uint64_t published = 0;
    std::uint64_t kills = 0;
    std::uint64_t received = 0;
    std::uint64_t received_of_other = 0;
};

TEST_F(OneOfSeveralProducers,
       KilledAtEveryInstructionOfReserveAndPublishLeavesTheOthersAtWorkAndItsMessageWholeOrNotAtAll) {
    Child sleeper(helper("consume_tagged", {daemon.socket(), "ring", "sleeper", std::to_string(capacity)}));
    EXPECT_EQ(sleeper.read_line(), "attached");
    // The same path for every message: the gate lags behind, and the sleeper is asleep.
    const auto prepare = [&] {
        expect_others_go_on();
        wait_until("a consumer that sleeps", [&] {
            for (const ConsumerInfo& consumer : client.stat("ring").consumers)
                if (consumer.name == "sleeper") return consumer.waiting && consumer.lag == 0;
            return false;
        });
    };
    bool was_published = false;
    std::uint64_t abandoned = 0;
    kill_at_instructions(stepped("publish_tagged"), prepare, [&](bool is_done) {
        wait_for_the_lines_of_the_dead();
        const std::uint64_t tombstones = survivor->tombstones();
        const std::uint64_t of_stepped = expect_others_go_on();
        EXPECT_LE(of_stepped + survivor->tombstones() - tombstones, 1U) << "a message or a tombstone, not both";
        abandoned += survivor->tombstones() - tombstones;
        EXPECT_TRUE(of_stepped == 1 || !(was_published || is_done)) << "published by fewer instructions, not by more";
        if (!is_done) was_published = of_stepped == 1;
    });
    EXPECT_TRUE(was_published) << "no kill hit the moment after the store that publishes";
    EXPECT_GT(abandoned, 0U) << "no kill hit a claim";
    client.remove("ring");
    const Ended ended = sleeper.wait();
    EXPECT_EQ(ended.code, 0) << ended.errors;
    EXPECT_THAT(ended.output, testing::HasSubstr("done " + std::to_string(received)));
}

TEST_F(OneOfSeveralProducers, KilledAtEveryInstructionOfAnAbandonedReservationLeavesNoMessage) {
    kill_at_instructions(
        stepped("abandon"), [&] { expect_others_go_on(); },
        [&](bool) {
            wait_for_the_lines_of_the_dead();
            EXPECT_EQ(expect_others_go_on(), 0U);
        });
}

TEST_F(OneOfSeveralProducers, OvertakenAtEveryInstructionAndKilledSomeLaterLeavesNothingUnsettled) {
    const unsigned seed = std::random_device{}();
    std::mt19937 random(seed);
    SCOPED_TRACE("seed " + std::to_string(seed));
    const auto overtake_after = [&](std::uint64_t instructions, std::uint64_t more) {
        expect_others_go_on();
        SteppedChild child(stepped("publish_tagged"));
        const std::uint64_t executed = child.step(instructions);
        publish();  // takes the position that it is about to claim
        if (!child.is_done()) child.step(more);
        child.kill();
        wait_for_the_lines_of_the_dead();
        EXPECT_LE(expect_others_go_on(), 1U);
        return executed;
    };
    constexpr std::uint64_t endless = 100'000;
    const std::uint64_t total = overtake_after(endless, 0);
    ASSERT_LT(total, endless);
    const std::uint64_t stride = 1 + total / 60;
    for (std::uint64_t instructions = random() % stride; instructions < total && !HasFailure();
         instructions += stride) {
        SCOPED_TRACE("overtaken after " + std::to_string(instructions) + " instructions");
        overtake_after(instructions, random() % total);
    }
}

/// One that stands still between its intent and its claim, and one that claimed that position and died.
class RivalOfADeadProducer : public OneOfSeveralProducers {
 protected:
    RivalOfADeadProducer() {
        expect_others_go_on();
        rival.emplace(stepped("publish_tagged"));
        const OpenedRing ring(daemon.instance(), "ring");
        const std::uint64_t head = ring.head();
        while (ring.intent(1) == 0 && rival->step(1) == 1) {
        }
        EXPECT_NE(ring.intent(1), 0U);
        EXPECT_EQ(ring.head(), head) << "it has claimed already";
        Child dead(helper("reserve_and_wait", {daemon.socket(), "ring"}));
        EXPECT_EQ(dead.read_line(), "reserved");
        EXPECT_EQ(ring.head(), head + 1);
        dead.kill();
    }
    ProducerInfo dead_info() {
        for (const ProducerInfo& producer : client.stat("ring").producers)
            if (!producer.alive) return producer;
        return {};
    }

    std::optional<SteppedChild> rival;
};

TEST_F(RivalOfADeadProducer, PutsItsRecoveryOffAndStatSaysForWhomItWaits) {
    wait_until("the death to be seen", [&] { return dead_info().waits_for == "stepped"; });
    EXPECT_EQ(dead_info().id, 2U);
    for (std::uint64_t i = 0; i + 1 < slots; ++i) publish();
    EXPECT_EQ(survivor->try_next().error(), Error::empty) << "the rival may have claimed it";
    EXPECT_EQ(other->try_reserve().error(), Error::full);
    EXPECT_EQ(client.stat("ring").producers.size(), 3U) << "its line is given to nobody";
    rival->kill();
    wait_for_the_lines_of_the_dead();
    drain();
    EXPECT_EQ(received_of_other, published);
    EXPECT_EQ(survivor->tombstones(), 1U);
    EXPECT_EQ(expect_others_go_on(), 0U);
}

TEST_F(RivalOfADeadProducer, LooksAgainAndPublishesBehindTheTombstone) {
    wait_until("the death to be seen", [&] { return dead_info().waits_for == "stepped"; });
    while (!rival->is_done()) rival->step(1000);
    wait_until("the dead producer's line", [&] { return dead_info().waits_for.empty(); });
    EXPECT_EQ(drain(), 1U);
    EXPECT_EQ(survivor->tombstones(), 1U);
    rival->kill();
    wait_for_the_lines_of_the_dead();
    EXPECT_EQ(expect_others_go_on(), 0U);
}

}  // namespace
}  // namespace ringview::test::several_producers_step_test
