#include <cstdint>
#include <limits>
#include <vector>

#include <gtest/gtest.h>
#include <ringview/ring/head.hpp>
#include <ringview/ring/observe.hpp>

#include "ring_fixture.hpp"

/// What a member may write into the words it can write, and what the others must make of it. The segments are of
/// exactly their size, so AddressSanitizer sees every step outside.
namespace ringview::test {
namespace {

using namespace std::chrono_literals;
using ring::Deadline;

class HostilePeer : public RingFrom {
 public:
    /// Words around everything that means something to a ring whose head is `head`.
    static std::vector<std::uint64_t> words_around(layout::Position head) {
        std::vector<std::uint64_t> words{0, 1, 63, 64, 65, std::numeric_limits<std::uint64_t>::max()};
        for (const std::uint64_t far : {two_to_32, two_to_63, two_to_63 + two_to_32}) words.push_back(head + far);
        for (std::uint64_t near = 0; near <= 20; ++near) words.push_back(head - 10 + near);
        return words;
    }
};
RINGVIEW_FROM_EVERY_WRAP(HostilePeer);

TEST_P(HostilePeer, NoPosThatAConsumerWritesUnseatsAnotherOneOrStopsTheProducerForGood) {
    const InProcessRing<> ring(parameters(4));
    auto producer = ring.producer();
    auto honest = ring.consumer(0);
    ring.join(1);
    auto& hostile_pos = ring.daemon().cursor(1).pos;
    std::uint64_t sent = 0;
    for (const std::uint64_t word : words_around(first() + 40)) {
        for (int i = 0; i < 6; ++i) {
            hostile_pos.store(word);
            if (try_publish_number(producer, sent) == ok) ++sent;
        }
        const std::uint64_t unread = first() + sent - honest.pos();
        EXPECT_LE(unread, 4U) << "what the honest consumer has not read was overwritten";
        expect_numbers(honest, sent - unread, unread);
    }
    ring::leave(ring.daemon(), 1);
    publish_numbers(producer, sent, 4);
    expect_numbers(honest, sent, 4);
}

TEST_P(HostilePeer, APosOutsideOfWhatIsInUseIsIgnored) {
    for (const std::uint64_t beyond : {std::uint64_t{1}, std::uint64_t{5}, two_to_32, two_to_63 - 1}) {
        for (const bool is_above_head : {true, false}) {
            const InProcessRing<> ring(parameters(4));
            auto producer = ring.producer();
            auto consumer = ring.consumer();
            publish_numbers(producer, 0, 4);
            expect_numbers(consumer, 0, 4);
            publish_numbers(producer, 4, 4);
            const layout::Position gate = first() + 4;
            ring.daemon().cursor(0).pos.store(is_above_head ? first() + 8 + beyond : gate - beyond);
            EXPECT_EQ(producer.try_reserve(), ok) << beyond << (is_above_head ? " above head" : " below gate");
        }
    }
}

TEST_P(HostilePeer, WhateverConsumersWriteAsTheirWaitsPublishReturns) {
    const InProcessRing<> ring(parameters(4));
    auto producer = ring.producer();
    auto honest = ring.consumer(0);
    std::uint64_t sent = 0;
    for (const std::uint64_t word : words_around(first() + 40)) {
        ring.daemon().waiters().bits.store(word | two_to_63);
        for (unsigned i = 0; i < layout::max_subscriptions; ++i) ring.daemon().cursor(i).wait_seq.store(word + i);
        publish_numbers(producer, sent, 2);
        expect_numbers(honest, sent, 2);
        sent += 2;
    }
}

TEST_P(HostilePeer, WhateverAProducerWritesAsItsWaitReleaseReturns) {
    const InProcessRing<> ring(parameters(4));
    auto producer = ring.producer();
    auto consumer = ring.consumer();
    std::uint64_t sent = 0;
    for (const std::uint64_t word : words_around(first() + 40)) {
        ring.daemon().state().producers_waiting.value.store(~std::uint64_t{0});
        for (unsigned line = 0; line < layout::max_producers; ++line) {
            ring.daemon().producer_line(line).wait_subscription.store(line % 2 == 0 ? 0 : word);
            ring.daemon().producer_line(line).wait_pos.store(word);
        }
        publish_numbers(producer, sent, 2);
        expect_numbers(consumer, sent, 2);
        sent += 2;
    }
}

TEST_P(HostilePeer, ALengthThatNoSlotHoldsIsCorruptAndTheNextMessageIsFine) {
    const InProcessRing<> ring(parameters(4));
    auto producer = ring.producer();
    auto consumer = ring.consumer();
    std::uint64_t sent = 0;
    for (const std::uint32_t length : {9U, 24U, 0x7FFFFFFFU, 0x80000000U, 0xFFFFFFF8U, 0xFFFFFFFFU}) {
        publish_numbers(producer, sent, 2);
        ring.daemon().slot(first() + sent).length.store(length);
        EXPECT_EQ(try_next_code(consumer), Error::corrupt) << length;
        expect_numbers(consumer, sent + 1, 1);
        sent += 2;
    }
    EXPECT_EQ(consumer.lost(), 6U);
}

TEST_P(HostilePeer, NoSeqMakesAConsumerHangLoseItsPlaceOrSeeAnOldMessageAgain) {
    const InProcessRing<> ring(parameters(4));
    auto producer = ring.producer();
    auto consumer = ring.consumer();
    publish_numbers(producer, 0, 1);
    expect_numbers(consumer, 0, 1);
    const layout::Position here = consumer.next_position();
    auto& seq = ring.daemon().slot(here).seq;
    const std::uint64_t honest_seq = seq.load();
    for (const std::uint64_t word : words_around(layout::seq_of(here))) {
        const std::int64_t ahead = layout::seq_distance(word, layout::seq_of(here));
        if (ahead == 0) continue;
        seq.store(word);
        const Error::Code expected = ahead > 0 ? Error::corrupt : Error::empty;
        EXPECT_EQ(try_next_code(consumer), expected) << word;
        ring::Received message;
        EXPECT_EQ(consumer.next(message, Deadline::after(10us)), expected) << word;
        EXPECT_EQ(consumer.next_position(), here);
    }
    seq.store(honest_seq);
    publish_numbers(producer, 1, 1);
    expect_numbers(consumer, 1, 1);
}

TEST_P(HostilePeer, SlotsThatAreTombstonesForeverKeepOneCallBounded) {
    const InProcessRing<> ring(parameters(4));
    auto consumer = ring.consumer();
    for (int lap = 0; lap < 3; ++lap) {
        for (layout::Position p = consumer.next_position(), i = 0; i < 4; ++i, ++p)
            ring.daemon().slot(p).seq.store(layout::tombstone_of(p));
        EXPECT_EQ(try_next_code(consumer), Error::empty);
    }
    EXPECT_EQ(consumer.stepped_over(), 12U);
    EXPECT_EQ(consumer.pos(), first() + 12);
}

TEST_P(HostilePeer, NoHeadMakesAConsumerOrItsLagMisbehave) {
    const InProcessRing<> ring(parameters(4));
    auto producer = ring.producer();
    auto consumer = ring.consumer();
    publish_numbers(producer, 0, 2);
    for (const std::uint64_t word : words_around(first() + 2)) {
        ring.daemon().state().head.value.store(word);
        if (layout::distance(ring::find_head(ring.daemon()), consumer.next_position()) <= 0) {
            EXPECT_EQ(consumer.lag(), 0U);
        }
        const ring::RingSnapshot s = ring::observe_ring(ring.daemon());
        EXPECT_LE(s.used, 4U);
        EXPECT_LE(ring::observe_subscription(ring.daemon(), 0).lag, 4U);
    }
    expect_numbers(consumer, 0, 2);
}

TEST_P(HostilePeer, NoHeadMakesAConsumerInTheMidstOfABurstMisbehave) {
    const InProcessRing<> ring(parameters(2 * ring::burst_slots));
    auto producer = ring.producer();
    auto consumer = ring.consumer();
    std::uint64_t number = 0;
    for (const std::uint64_t word : words_around(first())) {
        publish_numbers(producer, number, ring::burst_slots);
        ring.daemon().state().head.value.store(word);
        expect_numbers(consumer, number, ring::burst_slots);
        number += ring::burst_slots;
    }
}

TEST_P(HostilePeer, WhateverStandsInTheWordsObservationsStayWithinTheRing) {
    const InProcessRing<> ring(parameters(4));
    ring.producer();
    for (unsigned i = 0; i < layout::max_subscriptions; ++i) ring.join(i);
    for (const std::uint64_t word : words_around(first())) {
        for (unsigned i = 0; i < layout::max_subscriptions; ++i) {
            auto& cursor = ring.daemon().cursor(i);
            for (auto* cursor_word : {&cursor.pos, &cursor.next, &cursor.wait_seq, &cursor.lost})
                cursor_word->store(word * (i + 1));
        }
        ring.daemon().waiters().bits.store(word);
        ring.daemon().producer_line(0).wait_subscription.store(word);
        EXPECT_LE(ring::observe_ring(ring.daemon()).used, 4U);
        for (unsigned i = 0; i < layout::max_subscriptions; ++i) {
            const ring::SubscriptionSnapshot s = ring::observe_subscription(ring.daemon(), i);
            EXPECT_LE(s.lag, 4U);
            EXPECT_LE(s.held, 4U);
        }
        EXPECT_LT(ring::observe_producer(ring.daemon(), 0).waits_for, layout::first_waited_group + layout::max_groups);
    }
}

TEST_P(HostilePeer, TheDaemonEndsAMembershipWhateverTheMemberHasWritten) {
    for (const std::uint64_t word : words_around(first())) {
        const InProcessRing<> ring(parameters(4));
        ring.producer();
        ring.join();
        ring.daemon().state().head.value.store(word);
        ring.daemon().state().gate.value.store(word);
        ring.daemon().waiters().bits.store(~std::uint64_t{0});
        ring.daemon().state().producers_waiting.value.store(~std::uint64_t{0});
        for (unsigned i = 0; i < layout::max_subscriptions; ++i) ring.daemon().cursor(i).wait_seq.store(word);
        for (unsigned i = 0; i < layout::max_producers; ++i)
            ring.daemon().producer_line(i).wait_subscription.store(word);
        for (layout::Position p = word; p != word + 4; ++p) ring.daemon().slot(p).seq.store(layout::seq_of(p));
        ring::leave(ring.daemon(), 0);
        ring::close_producer_line(ring.daemon(), 0);
        ring::mark_removed(ring.daemon());
        const ring::RingSnapshot s = ring::observe_ring(ring.daemon());
        EXPECT_EQ(s.lossless, 0U);
        EXPECT_EQ(s.producers, 0U);
        EXPECT_EQ(s.head, word + 2) << "each look finds one more, as behind a producer that died between two stores";
    }
}

}  // namespace
}  // namespace ringview::test
