#include <cstdint>
#include <functional>
#include <optional>

#include <gtest/gtest.h>
#include <ringview/ring/eviction.hpp>
#include <ringview/ring/group.hpp>
#include <ringview/ring/group_member.hpp>
#include <ringview/ring/lag_time.hpp>

#include "interrupted_atomic.hpp"
#include "ring_fixture.hpp"

/// A message is written over while the daemon looks how old it is (E11): between its first look, which finds it kept,
/// and the load of its time. Only the second look can tell.
namespace ringview::test {
namespace {

using Word = InterruptedAtomic<std::uint64_t>;

class LagTime : public RingFrom {
 public:
    ~LagTime() override {
        Word::interrupted_word = nullptr;
        Word::interruption = [] {};
    }

    InProcessRing<> ring{stamped()};

    /// Of subscription 0 at the time 1000, interrupted when its first look has found pos.
    std::optional<std::uint64_t> lag_ns(const std::function<void()>& interruption) {
        const layout::WritableRing<InterruptedAtomic> seen{ring.geometry(), ring.bytes().slots().data(),
                                                           ring.bytes().cursors().data()};
        bool is_interrupted = false;
        Word::interruption = [&] {
            is_interrupted = true;
            interruption();
        };
        Word::interrupted_word = &ring.daemon().cursor(0).pos;
        const auto lag = ring::observe_lag_ns(seen, 0, 1000);
        EXPECT_TRUE(is_interrupted);
        return lag;
    }
    void set_time(layout::Position position, std::uint64_t time_ns) const {
        ring.daemon().publish_time(position).store(time_ns);
    }
    void set_times(std::uint64_t from, std::uint64_t to) const {
        for (std::uint64_t i = from; i < to; ++i) set_time(first() + i, 100 + i);
    }

 private:
    layout::RingParameters stamped() const {
        layout::RingParameters p = parameters(8);
        p.timestamps = true;
        return p;
    }
};
RINGVIEW_FROM_EVERY_WRAP(LagTime);

TEST_P(LagTime, OfAMessageThatIsReleasedAndWrittenOverMeanwhileIsThatOfTheNextOne) {
    auto producer = ring.producer();
    auto consumer = ring.consumer();
    publish_numbers(producer, 0, 8);
    set_times(0, 8);
    const auto lag = lag_ns([&] {
        expect_numbers(consumer, 0, 1);
        ASSERT_EQ(producer.try_reserve(), ok);
        set_time(first() + 8, 999);  // in the slot whose seq is still the first one's
    });
    EXPECT_EQ(lag, 899U);
}

TEST_P(LagTime, OfAConsumerThatIsEvictedAndPassedMeanwhileIsThatOfTheOldestMessageThatIsThere) {
    auto producer = ring.producer();
    ring.join();
    auto second = ring.consumer(1);
    publish_numbers(producer, 0, 8);
    set_times(0, 8);
    expect_numbers(second, 0, 1);
    const auto lag = lag_ns([&] {
        ring::evict(ring.daemon(), ring.barrier(), 0, ring::HeldMarks::none);
        ASSERT_EQ(producer.try_reserve(), ok);
        set_time(first() + 8, 999);  // gate alone tells
    });
    EXPECT_EQ(lag, 899U);
}

TEST_P(LagTime, IsThatOfTheOldestMessageAlsoWhereAGateWasAnnouncedBeyondItBeforeItJoined) {
    auto producer = ring.producer();
    publish_numbers(producer, 0, 8);
    set_times(0, 8);
    ring.join(0, ring::JoinAt::oldest);
    ring.daemon().state().gate.value.store(first() + 8);
    EXPECT_EQ(ring::observe_lag_ns(ring.daemon(), 0, 1000), 900U);
}

TEST_P(LagTime, OfALossyConsumerThatIsLappedMeanwhileIsThatOfTheOldestMessageItCanStillHave) {
    auto producer = ring.producer();
    ring.join_lossy(0);
    publish_numbers(producer, 0, 8);
    set_times(0, 8);
    const auto lag = lag_ns([&] {
        ASSERT_EQ(producer.try_reserve(), ok);
        set_time(first() + 8, 999);
    });
    const layout::Position floor = ring.daemon().state().floors.floor.load();
    ASSERT_GT(layout::distance(floor, first()), 0) << "it was lapped";
    EXPECT_EQ(lag, 1000 - 100 - (floor - first()));
}

TEST_P(LagTime, OfAMessageThatIsWrittenOverAndPublishedMeanwhileIsThatOfTheNextOne) {
    auto producer = ring.producer();
    auto consumer = ring.consumer();
    publish_numbers(producer, 0, 8);
    set_times(0, 8);
    const auto lag = lag_ns([&] {
        expect_numbers(consumer, 0, 3);
        publish_numbers(producer, 8, 1);
        set_time(first() + 8, 999);
    });
    EXPECT_EQ(lag, 897U);
}

TEST_P(LagTime, OfAConsumerThatReadsAllMeanwhileIsZero) {
    auto producer = ring.producer();
    auto consumer = ring.consumer();
    publish_numbers(producer, 0, 5);
    set_times(0, 5);
    EXPECT_EQ(lag_ns([&] { expect_numbers(consumer, 0, 5); }), 0U);
}

TEST_P(LagTime, OfAGroupIsThatOfTheOldestMessageThatNoMemberHasReleased) {
    auto producer = ring.producer();
    ring::begin_group(ring.daemon(), 2, ring::JoinAt::next);
    ring.set_state(0, layout::MemberState::active);
    ring::join_group(ring.daemon(), 2, 0);
    ring::GroupMember<> member(
        {{ring.geometry(), ring.bytes().slots().data(), ring.bytes().cursors().data()}, ring.barrier(), 0, first()}, 2);
    const auto lag = [&] { return ring::observe_group_lag_ns(ring.daemon(), 2, 1000); };
    EXPECT_EQ(lag(), 0U);
    publish_numbers(producer, 0, 3);
    set_times(0, 3);
    EXPECT_EQ(lag(), 900U);
    ring::Received first_message;
    ring::Received second_message;
    ASSERT_EQ(member.try_next(first_message), ok);
    ASSERT_EQ(member.try_next(second_message), ok);
    member.release(second_message.position);
    EXPECT_EQ(lag(), 900U) << "the first is held";
    member.release(first_message.position);
    EXPECT_EQ(lag(), 898U);
}

}  // namespace
}  // namespace ringview::test
