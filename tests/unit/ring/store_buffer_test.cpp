#include "store_buffer.hpp"

#include <chrono>
#include <cstdint>

#include <gtest/gtest.h>

#include "futex_probe.hpp"
#include "ring_fixture.hpp"
#include "sleeper.hpp"

/// The one order in which a sleep could miss its wake-up, or a held message be overwritten: a store still waits in its
/// processor's store buffer while its thread has already looked for sleepers, or at floor. Real processors do that for
/// nanoseconds; here it lasts. That thread has no fence, so the other one's membarrier is what must bring the store
/// out.
namespace ringview::test {
namespace {

using namespace std::chrono_literals;
using ring::Deadline;

void bring_nothing_out() {}

class StoreBufferOf : public testing::Test {
 public:
    StoreBufferOf() {
        stretch_sleeps(300ms);
        reset_futex_counts();
    }
    ~StoreBufferOf() override {
        replace_membarrier(nullptr);
        stretch_sleeps(ring::longest_sleep);
    }
};

/// A message that its producer takes for published, and no other processor sees.
struct HiddenPublish {
    InProcessRing<BufferedStores, std::atomic> ring{ring_of(4)};
    InProcessRing<BufferedStores, std::atomic>::Producer producer = ring.producer();
    InProcessRing<BufferedStores, std::atomic>::Consumer consumer = ring.consumer();
    ring::Received message;

    HiddenPublish() {
        StoreBuffer::hold();
        publish_numbers(producer, 7, 1);
        EXPECT_EQ(try_next_code(consumer), Error::empty);
    }
    Error::Code next() { return consumer.next(message, Deadline::after(10s)); }
};

/// The same with a release: the producer finds the ring full.
struct HiddenRelease {
    InProcessRing<std::atomic, BufferedStores> ring{ring_of(2)};
    InProcessRing<std::atomic, BufferedStores>::Producer producer = ring.producer();
    InProcessRing<std::atomic, BufferedStores>::Consumer consumer = ring.consumer();

    HiddenRelease() {
        publish_numbers(producer, 0, 2);
        StoreBuffer::hold();
        expect_numbers(consumer, 0, 1);
        EXPECT_EQ(producer.try_reserve(), Error::full);
    }
    Error::Code reserve() { return producer.reserve(Deadline::after(10s)); }
};

TEST_F(StoreBufferOf, AProducerIsBroughtOutBeforeAConsumerSleeps) {
    replace_membarrier(StoreBuffer::drain);
    HiddenPublish hidden;
    EXPECT_EQ(Sleeper([&] { return hidden.next(); }).code(), ok);
    EXPECT_EQ(number_in(hidden.message), 7U);
    EXPECT_EQ(futex_counts().overslept, 0U);
    StoreBuffer::release();
}

TEST_F(StoreBufferOf, AConsumerIsBroughtOutBeforeAProducerSleeps) {
    replace_membarrier(StoreBuffer::drain);
    HiddenRelease hidden;
    EXPECT_EQ(Sleeper([&] { return hidden.reserve(); }).code(), ok);
    EXPECT_EQ(futex_counts().overslept, 0U);
    StoreBuffer::release();
}

/// A message that a lossy consumer takes for held, and its producer, which laps it, does not see.
struct HiddenHold {
    InProcessRing<std::atomic, BufferedStores> ring{ring_of(8)};
    InProcessRing<std::atomic, BufferedStores>::Producer producer = ring.producer();
    InProcessRing<std::atomic, BufferedStores>::Consumer consumer = ring.lossy_consumer();
    ring::Received held;

    HiddenHold() {
        publish_numbers(producer, 0, 8);
        StoreBuffer::hold();
        EXPECT_EQ(consumer.try_next(held), ok);
        EXPECT_EQ(number_in(held), 0U);
        publish_numbers(producer, 8, 30);
    }
};

TEST_F(StoreBufferOf, ALossyConsumerIsBroughtOutBeforeItIsLapped) {
    replace_membarrier(StoreBuffer::drain);
    const HiddenHold hidden;
    EXPECT_EQ(number_in(hidden.held), 0U);
    StoreBuffer::release();
}

TEST_F(StoreBufferOf, ALossyConsumerIsOverwrittenWhereNothingBringsItOut) {
    replace_membarrier(bring_nothing_out);
    const HiddenHold hidden;
    EXPECT_NE(number_in(hidden.held), 0U);
    StoreBuffer::release();
}

// The canaries: were there no membarrier, these sleeps would be missed, and only their bound would end them.

TEST_F(StoreBufferOf, AProducerMakesAConsumerOversleepWhereNothingBringsItOut) {
    replace_membarrier(bring_nothing_out);
    HiddenPublish hidden;
    Sleeper sleeper([&] { return hidden.next(); });
    EXPECT_TRUE(await_sleepers(1));
    StoreBuffer::release();
    EXPECT_EQ(sleeper.code(), ok);
    EXPECT_NE(futex_counts().overslept, 0U);
}

TEST_F(StoreBufferOf, AConsumerMakesAProducerOversleepWhereNothingBringsItOut) {
    replace_membarrier(bring_nothing_out);
    HiddenRelease hidden;
    Sleeper sleeper([&] { return hidden.reserve(); });
    EXPECT_TRUE(await_sleepers(1));
    StoreBuffer::release();
    EXPECT_EQ(sleeper.code(), ok);
    EXPECT_NE(futex_counts().overslept, 0U);
}

}  // namespace
}  // namespace ringview::test
