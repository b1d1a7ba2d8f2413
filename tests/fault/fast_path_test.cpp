#include <array>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <gtest/gtest.h>
#include <ringview/platform/membarrier.hpp>
#include <ringview/ring/consumer_side.hpp>
#include <ringview/ring/producer_side.hpp>
#include <ringview/ringview.hpp>

#include "costly_instruction.hpp"
#include "mapped_ring.hpp"
#include "ring_fixture.hpp"
#include "stepped_call.hpp"
#include "support/daemon.hpp"

/// What publish, next and release execute, instruction by instruction: no fence, no read-modify-write and no system
/// call where both sides keep up and are awake. That reserve has a fence where it looks for room is bounded here too. A
/// consumer that is near its producer pauses at times, once in so many messages, and reads the clock for that.
namespace ringview::test {
namespace {

constexpr std::uint64_t slots = 128;
constexpr std::uint64_t history = 64;
constexpr std::uint64_t messages = 64;
/// Before those that are stepped through: the ring's first round, so that what is bound late is bound and the gate has
/// been looked for; and no more, for a consumer looks ever more seldom whether a producer that is so slow is near.
constexpr std::uint64_t messages_before = slots;
constexpr std::uint64_t refreshes = messages / (slots - history);
static_assert(slots >= ring::burst_slots && messages_before > ring::look_ahead_every &&
                  messages_before < 2 * ring::look_ahead_every + ring::burst_messages,
              "the second look, and a pause, is among what is stepped");

enum Phase : std::uint64_t { outside, reserving, publishing, taking, releasing, phases };

/// How many costly instructions each phase had.
class Executed {
 public:
    void count(std::uint64_t phase, Cost cost) {
        ++instructions_.at(phase);
        ++costs_.at(phase).at(static_cast<std::size_t>(cost));
    }
    std::uint64_t instructions(Phase phase) const { return instructions_.at(phase); }
    std::uint64_t of(Phase phase, Cost cost) const { return costs_.at(phase).at(static_cast<std::size_t>(cost)); }
    /// Full fences are either.
    std::uint64_t fences_and_locked(Phase phase) const { return of(phase, Cost::fence) + of(phase, Cost::locked); }

    /// Of all but reserve, which has so many fences.
    void expect_nothing_costly(std::uint64_t fewest_of_reserve, std::uint64_t most_of_reserve) const {
        expect_none(publishing, "publish");
        expect_none(taking, "next");
        expect_none(releasing, "release");
        EXPECT_GE(fences_and_locked(reserving), fewest_of_reserve);
        EXPECT_LE(fences_and_locked(reserving), most_of_reserve);
        EXPECT_EQ(of(reserving, Cost::system_call), 0U);
        EXPECT_EQ(of(publishing, Cost::clock) + of(releasing, Cost::clock), 0U);
        EXPECT_GT(of(taking, Cost::clock), 0U) << "no pause was seen";
    }

 private:
    void expect_none(Phase phase, const char* name) const {
        EXPECT_GE(instructions(phase), messages / 8) << name << " was not seen";
        EXPECT_EQ(of(phase, Cost::locked), 0U) << name;
        EXPECT_EQ(of(phase, Cost::fence), 0U) << name;
        EXPECT_EQ(of(phase, Cost::system_call), 0U) << name;
    }

    std::array<std::uint64_t, phases> instructions_{};
    std::array<std::array<std::uint64_t, static_cast<std::size_t>(Cost::kinds)>, phases> costs_{};
};

/// Steps through `operation`, which says in `phase` where it is.
Executed step_through(const std::function<void()>& operation, const std::function<void()>& prepare,
                      const std::atomic<std::uint64_t>& phase) {
    Executed executed;
    SteppedCall call(operation, prepare);
    while (!call.is_done()) {
        const std::uint64_t now = phase.load();
        const Cost cost = cost_of_next_instruction(call.pid());
        call.step(1);
        executed.count(now, cost);
    }
    return executed;
}

/// Nothing of the phases moves across it.
void enter(std::atomic<std::uint64_t>& phase, Phase now) {
    std::atomic_signal_fence(std::memory_order_seq_cst);
    phase.store(now, std::memory_order_release);
    std::atomic_signal_fence(std::memory_order_seq_cst);
}

void require(bool is_true) {
    if (!is_true) std::abort();
}

/// One that keeps up, and its producer.
template <class Producer>
class Pair {
 public:
    Pair(const MappedRing& ring, ring::Overrun overrun, std::uint64_t batch)
        : phase_(&ring.note()), batch_(batch), barrier_(ring.geometry().asymmetric_barrier) {
        ring::open_producer_line(ring.daemon(), 0);
        const auto policy =
            overrun == ring::Overrun::laps_us ? layout::MemberPolicy::lossy : layout::MemberPolicy::lossless;
        ring.daemon().subscription_record(0).state.store(static_cast<std::uint32_t>(layout::MemberState::active));
        const layout::Position start = ring::join(ring.daemon(), 0, policy, ring::JoinAt::next);
        const auto slots_at = ring.slots().data();
        const auto cursors_at = ring.cursors().data();
        producer_.emplace(layout::WritableRing<>{ring.geometry(), slots_at, cursors_at}, barrier_, 0);
        consumer_.emplace(layout::ReadableRing<>{ring.geometry(), slots_at, cursors_at}, barrier_, 0, start, 0,
                          overrun);
    }

    void move(std::uint64_t count) {
        for (std::uint64_t i = 0; i < count; i += batch_) batch_ == 1 ? move_one() : move_batch();
    }

 private:
    void move_one() {
        enter(*phase_, reserving);
        require(producer_->reserve(ring::Deadline::never()) == ok);
        enter(*phase_, publishing);
        producer_->publish(sizeof(std::uint64_t));
        enter(*phase_, taking);
        ring::Received message;
        require(consumer_->next(message, ring::Deadline::never()) == ok);
        enter(*phase_, releasing);
        consumer_->release(message.position);
        enter(*phase_, outside);
    }
    void move_batch() {
        static constexpr std::array<std::uint32_t, slots> lengths{};
        std::array<ring::Received, slots> received;
        std::size_t count = 0;
        enter(*phase_, reserving);
        require(producer_->reserve(ring::Deadline::never(), batch_) == ok && producer_->reserved_count() == batch_);
        enter(*phase_, publishing);
        producer_->publish_batch(std::span(lengths).first(batch_));
        enter(*phase_, taking);
        require(consumer_->next_batch(std::span(received).first(batch_), count, ring::Deadline::never()) == ok);
        require(count == batch_);
        enter(*phase_, releasing);
        consumer_->release_batch(std::span(received).first(batch_));
        enter(*phase_, outside);
    }

    std::atomic<std::uint64_t>* phase_;
    std::uint64_t batch_;
    ring::Barrier barrier_;
    std::optional<Producer> producer_;
    std::optional<ring::ConsumerSide<>> consumer_;
};

struct Kind {
    std::string name;
    ring::Overrun overrun = ring::Overrun::never;
    std::uint64_t batch = 1;
};

// NOLINTNEXTLINE(readability-identifier-naming): GoogleTest's name
void PrintTo(const Kind& kind, std::ostream* out) {
    *out << kind.name;
}

layout::RingParameters fast_ring(bool is_asymmetric = true, unsigned producers = 1) {
    layout::RingParameters p = ring_of(slots, 0, history);
    p.asymmetric_barrier = is_asymmetric;
    p.producers = producers;
    return p;
}

template <class Producer>
Executed step_messages(
    const MappedRing& ring, const Kind& kind, const std::function<void()>& just_before = [] {}) {
    Pair<Producer> pair(ring, kind.overrun, kind.batch);
    return step_through([&] { pair.move(messages); },
                        [&] {
                            pair.move(messages_before);
                            just_before();
                        },
                        ring.note());
}

class FastPath : public testing::TestWithParam<Kind> {
 protected:
    void SetUp() override {
        if (!platform::register_membarrier()) GTEST_SKIP() << "without membarrier both sides have full fences";
    }
};

INSTANTIATE_TEST_SUITE_P(Of, FastPath,
                         testing::Values(Kind{"Lossless"}, Kind{"Lossy", ring::Overrun::laps_us},
                                         Kind{"Evictable", ring::Overrun::evicts_us},
                                         Kind{"LosslessBatches", ring::Overrun::never, 8},
                                         Kind{"LossyBatches", ring::Overrun::laps_us, 8}),
                         [](const auto& kind) { return kind.param.name; });

TEST_P(FastPath, HasNoFenceNoReadModifyWriteAndNoSystemCall) {
    const Executed executed = step_messages<ring::ProducerSide<>>(MappedRing(fast_ring()), GetParam());
    // One fence for each look at the gate, which finds room for what history leaves of the ring.
    executed.expect_nothing_costly(1, refreshes);
}

TEST_P(FastPath, OfOneOfSeveralProducersHasOneReadModifyWriteWhichClaims) {
    const std::uint64_t claims = messages / GetParam().batch;
    const Executed executed = step_messages<ring::SharedProducerSide<>>(MappedRing(fast_ring(true, 2)), GetParam());
    // A look at the gate has a fence, and raises the shared word.
    executed.expect_nothing_costly(claims, claims + 2 * refreshes);
}

/// Or the silence of the others would mean nothing.
TEST_P(FastPath, OfARingWithFencesIsSeenToHaveThem) {
    const std::uint64_t calls = messages / GetParam().batch;
    const Executed executed = step_messages<ring::ProducerSide<>>(MappedRing(fast_ring(false)), GetParam());
    EXPECT_EQ(executed.fences_and_locked(publishing), calls);
    const bool marks = GetParam().overrun != ring::Overrun::never;
    const std::uint64_t marks_a_call = GetParam().batch == 1 ? 1 : 2;  // the first, then all others together
    EXPECT_EQ(executed.fences_and_locked(taking), marks ? marks_a_call * calls : 0);
    const bool may_hold_producers_up = GetParam().overrun != ring::Overrun::laps_us;
    EXPECT_EQ(executed.fences_and_locked(releasing), may_hold_producers_up ? calls : 0);
}

TEST(FastPathOfAPublish, ThatWakesSomebodyIsSeenToMakeASystemCall) {
    const MappedRing ring(fast_ring());
    constexpr unsigned sleeper = 9;
    const Executed executed = step_messages<ring::ProducerSide<>>(ring, Kind{"Lossless"}, [&] {
        ring.daemon().cursor(sleeper).wait_seq.store(layout::seq_of(messages_before));
        ring.daemon().waiters().bits.fetch_or(std::uint64_t{1} << sleeper);
    });
    EXPECT_EQ(executed.of(publishing, Cost::system_call), 1U);
}

/// As a program has it, with all that the client library adds.
class FastPathOfAProgram : public testing::TestWithParam<Policy> {};

INSTANTIATE_TEST_SUITE_P(Of, FastPathOfAProgram, testing::Values(Policy::lossless, Policy::lossy),
                         [](const auto& policy) { return policy.param == Policy::lossy ? "Lossy" : "Lossless"; });

TEST_P(FastPathOfAProgram, HasNoFenceNoReadModifyWriteAndNoSystemCall) {
    if (!platform::register_membarrier()) GTEST_SKIP() << "without membarrier both sides have full fences";
    Daemon daemon{{}, {"--log-level", "warn"}};
    const MappedRing shared(fast_ring());  // for its note alone
    struct Program {
        explicit Program(const std::string& socket) : client(Client::connect({.socket = socket})) {
            client.create({.name = "ring", .slots = slots, .slot_bytes = 64, .history = history});
            producer.emplace(client.producer("ring"));
            consumer.emplace(client.consumer("ring", {.policy = GetParam()}));
        }
        void move(std::atomic<std::uint64_t>& phase, std::uint64_t count) {
            for (std::uint64_t i = 0; i < count; ++i) {
                enter(phase, reserving);
                Slot<> slot = producer->reserve();
                require(bool(slot));
                enter(phase, publishing);
                slot.publish();
                enter(phase, taking);
                Message<> message = consumer->next();
                require(bool(message));
                enter(phase, releasing);
                message.release();
                enter(phase, outside);
            }
        }
        Client client;
        std::optional<Producer<>> producer;
        std::optional<Consumer<>> consumer;
    };
    std::unique_ptr<Program> program;
    const Executed executed = step_through([&] { program->move(shared.note(), messages); },
                                           [&] {
                                               program = std::make_unique<Program>(daemon.socket());
                                               program->move(shared.note(), messages_before);
                                           },
                                           shared.note());
    executed.expect_nothing_costly(1, refreshes);
}

}  // namespace
}  // namespace ringview::test
