#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include <gtest/gtest.h>
#include <ringview/ring/observe.hpp>

#include "mapped_ring.hpp"
#include "ring_fixture.hpp"

/// A group of competing members some of which die, and what must hold for those that are left.
namespace ringview::test {

inline constexpr unsigned group = 5;
inline constexpr unsigned victim = 0;
inline constexpr unsigned survivor = 1;
inline constexpr unsigned predecessor = 2;  ///< whose messages the victim may take over
inline constexpr std::uint64_t group_ring_slots = 8;

using Numbers = std::set<std::uint64_t>;

/// What a child tells about the messages that it takes.
enum Progress : std::uint64_t { nothing_taken, taken, releasing, released };

class GroupScene {
 public:
    /// Just before the bits of a position that held words keep are through.
    static constexpr layout::Position first_position = (layout::Position{1} << 48) - 3;

    /// With the victim and the survivor, and the messages 1 to 4 behind a tombstone.
    static MappedRing start() {
        const MappedRing ring(parameters());
        ring::begin_group(ring.daemon(), group, ring::JoinAt::next);
        join(ring, victim);
        join(ring, survivor);
        auto producer = ring.producer(0);
        EXPECT_EQ(producer.try_reserve(), ok);
        producer.abandon();
        for (int i = 0; i < 4; ++i) EXPECT_EQ(publish(producer), ok);
        return ring;
    }

    static void join(const MappedRing& ring, unsigned subscription) {
        ring.daemon()
            .subscription_record(subscription)
            .state.store(static_cast<std::uint32_t>(layout::MemberState::active));
        ring::join_group(ring.daemon(), group, subscription);
    }
    static void recover(const MappedRing& ring, unsigned subscription) {
        ring::recover_member(ring.daemon(), group, subscription);
    }
    static bool settle(const MappedRing& ring, unsigned subscription) {
        return ring::settle_orphan(ring.daemon(), group, subscription);
    }

    static std::uint64_t number_of(layout::Position position) { return position - first_position; }
    static Error::Code publish(MappedRing::Producer& producer) {
        return producer.try_reserve() == ok ? publish_reserved(producer) : Error::full;
    }

    static void fill(const MappedRing& ring) {
        auto producer = ring.producer(0);
        while (publish(producer) == ok) {
        }
    }

    /// Everything that one member gets, each released at once.
    static std::vector<std::uint64_t> take_all(MappedRing::Member& member) {
        std::vector<std::uint64_t> all;
        ring::Received message;
        Error::Code code{};
        while ((code = member.try_next(message)) == ok) {
            EXPECT_EQ(number_in(message), number_of(message.position)) << "its slot was written since";
            all.push_back(number_in(message));
            member.release(message.position);
        }
        EXPECT_EQ(code, Error::empty);
        return all;
    }

    /// What is left is delivered: all but `done`, which are not, and but those of `either`, once or, of `twice`, up to
    /// two times; no slot is lost for the producers, nor written too early; the places of `dead` become free. How many
    /// messages were delivered again.
    static std::uint64_t expect_all_goes_on(const MappedRing& ring, const Numbers& done, const Numbers& either,
                                            const std::vector<unsigned>& dead, unsigned taker = survivor,
                                            const Numbers& twice = {}) {
        auto producer = ring.producer(1);
        while (publish(producer) == ok) {
        }
        const layout::Position head = producer.position();
        EXPECT_EQ(head - ring::observe_group(ring.daemon(), group).pos, group_ring_slots) << "full too early";
        auto member = ring.member(group, taker);
        std::map<std::uint64_t, unsigned> times;
        for (const std::uint64_t number : take_all(member)) ++times[number];
        for (std::uint64_t number = 1; number < number_of(head); ++number) {
            const unsigned most = done.contains(number) ? 0 : twice.contains(number) ? 2 : 1;
            const unsigned least = most == 0 || either.contains(number) ? 0 : 1;
            EXPECT_TRUE(times[number] >= least && times[number] <= most)
                << "message " << number << " was delivered " << times[number] << " times";
        }
        for (const unsigned subscription : dead) EXPECT_TRUE(settle(ring, subscription)) << "place " << subscription;
        expect_all_slots_are_free(producer, member);
        return member.redelivered();
    }

 private:
    static layout::RingParameters parameters() {
        layout::RingParameters p = ring_of(group_ring_slots, first_position);
        p.producers = 2;
        return p;
    }
    static Error::Code publish_reserved(MappedRing::Producer& producer) {
        write_number(producer, number_of(producer.position()));
        producer.publish(sizeof(std::uint64_t));
        return {};
    }
    static void expect_all_slots_are_free(MappedRing::Producer& producer, MappedRing::Member& member) {
        for (int lap = 0; lap < 2; ++lap) {
            for (std::uint64_t i = 0; i < group_ring_slots; ++i) EXPECT_EQ(publish(producer), ok) << "slot " << i;
            EXPECT_EQ(publish(producer), Error::full);
            EXPECT_EQ(take_all(member).size(), group_ring_slots);
        }
    }
};

inline void recover_victim(const MappedRing& ring) {
    GroupScene::recover(ring, victim);
}

}  // namespace ringview::test
