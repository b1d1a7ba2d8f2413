#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <tuple>
#include <utility>

#include <gtest/gtest.h>
#include <ringview/ring/group.hpp>

#include "publishing_alarm.hpp"
#include "ring_fixture.hpp"

/// What of a batch is wrong behind its first message is left to the next call, by every kind of consumer.
namespace ringview::test::batch_end_test {
namespace {

enum class Kind { lossless, evictable, lossy, member };

class BatchEnd : public testing::TestWithParam<std::tuple<Kind, layout::Position>> {
 protected:
    using Ring = InProcessRing<>;

    layout::Position first() const { return std::get<1>(GetParam()); }
    Ring::Consumer make_consumer() const {
        switch (std::get<0>(GetParam())) {
            case Kind::lossless:
                break;
            case Kind::evictable:
                return ring.evictable_consumer();
            case Kind::lossy:
                return ring.lossy_consumer();
            case Kind::member:
                return make_member();
        }
        return ring.consumer();
    }
    Ring::Consumer make_member() const {
        constexpr unsigned group = 1;
        const layout::Position start = ring::begin_group(ring.daemon(), group, ring::JoinAt::next);
        ring.set_state(0, layout::MemberState::active);
        ring::join_group(ring.daemon(), group, 0);
        const auto bytes = [](auto memory) { return memory.data(); };
        return {
            {{ring.geometry(), bytes(ring.bytes().slots()), bytes(ring.bytes().cursors())}, ring.barrier(), 0, start},
            group};
    }

    void make_corrupt(std::uint64_t number) const {
        ring.daemon().slot(first() + number).length.store(std::uint32_t{1} << 30);
    }
    void make_tombstone(std::uint64_t number) const {
        const layout::Position position = first() + number;
        ring.daemon().slot(position).seq.store(layout::seq_of(position) | layout::tombstone_bit);
    }

    /// The next batch, which is released.
    void expect_batch(std::uint64_t number, std::uint64_t size, std::uint64_t lost_before) {
        std::array<ring::Received, 64> messages;
        std::size_t count = 0;
        ASSERT_EQ(consumer.try_next_batch(messages, count), ok);
        expect_messages(std::span(messages).first(count), number, size, lost_before);
    }
    void expect_messages(std::span<const ring::Received> messages, std::uint64_t number, std::uint64_t size,
                         std::uint64_t lost_before) {
        ASSERT_EQ(messages.size(), size);
        for (const ring::Received& message : messages) {
            EXPECT_EQ(message.position, first() + number);
            EXPECT_EQ(number_in(message), number++);
            EXPECT_EQ(message.lost_before, std::exchange(lost_before, 0));
        }
        consumer.release_batch(messages);
    }
    Error::Code try_next_batch() {
        std::array<ring::Received, 64> messages;
        std::size_t count = 7;
        const Error::Code code = consumer.try_next_batch(messages, count);
        EXPECT_EQ(count, 0U);
        return code;
    }

    Ring ring{ring_of(16, first())};
    Ring::Consumer consumer = make_consumer();
    Ring::Producer producer = ring.producer();
};
std::string name_of(const testing::TestParamInfo<BatchEnd::ParamType>& end) {
    static constexpr std::array names{"Lossless", "Evictable", "Lossy", "Member"};
    const auto [kind, first] = end.param;
    return names.at(static_cast<std::size_t>(kind)) + first_position_name({first, 0});
}
INSTANTIATE_TEST_SUITE_P(Of, BatchEnd,
                         testing::Combine(testing::Values(Kind::lossless, Kind::evictable, Kind::lossy, Kind::member),
                                          testing::Values(layout::Position{0}, ~layout::Position{0} - 2)),
                         name_of);

TEST_P(BatchEnd, IsBeforeAMessageThatNoHonestProducerWritesWhichTheNextCallTells) {
    publish_numbers(producer, 0, 6);
    make_corrupt(2);
    expect_batch(0, 2, 0);
    EXPECT_EQ(consumer.lost(), 0U) << "it is not passed yet";
    EXPECT_EQ(try_next_batch(), Error::corrupt);
    expect_batch(3, 3, 1);
    EXPECT_EQ(try_next_batch(), Error::empty);
    EXPECT_EQ(consumer.lost(), 1U);
    EXPECT_EQ(consumer.pos(), first() + 6);
}

TEST_P(BatchEnd, IsBeforeATombstoneSoThatPositionsFollowOneAnother) {
    publish_numbers(producer, 0, 6);
    make_tombstone(2);
    make_tombstone(3);
    make_corrupt(4);
    expect_batch(0, 2, 0);
    EXPECT_EQ(try_next_batch(), Error::corrupt);
    expect_batch(5, 1, 1);
    EXPECT_EQ(consumer.stepped_over(), 2U);
    EXPECT_EQ(consumer.pos(), first() + 6);
}

TEST_P(BatchEnd, IsTheSameWhereTheFirstMessageWasWaitedFor) {
    std::uint64_t number = 0;
    std::uint64_t readable = 2;
    PublishingAlarm alarm([&] {
        publish_numbers(producer, number, readable + 3);
        make_corrupt(number + readable);
    });
    consumer.set_alarm(&alarm);
    for (; readable != 0; --readable) {  // with 1, the wrong one is right behind that which ends the wait
        std::array<ring::Received, 64> messages;
        std::size_t count = 0;
        ASSERT_EQ(consumer.next_batch(messages, count, ring::Deadline::never()), ok);
        expect_messages(std::span(messages).first(count), number, readable, 0);
        EXPECT_EQ(try_next_batch(), Error::corrupt);
        expect_batch(number + readable + 1, 2, 1);
        number += readable + 3;
    }
    EXPECT_EQ(consumer.lost(), 2U);
}

}  // namespace
}  // namespace ringview::test::batch_end_test
