#include <array>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <ringview/ring/eviction.hpp>

#include "ring_fixture.hpp"

/// delivered + lost + stepped over + skipped = positions passed, whatever consumers of both policies do on one ring.
namespace ringview::test::accounting_property_test {
namespace {

using ring::Overrun;

constexpr unsigned readers = 4;

struct Reader {
    InProcessRing<>::Consumer side;
    layout::Position wanted;  ///< where it wished to begin
    std::uint64_t delivered = 0;
    std::uint64_t told_lost = 0;
    std::vector<ring::Received> held{};
    bool is_evictable = false;
    bool is_evicted = false;

    void check(const ring::SubscriptionSnapshot& seen) const {
        RC_ASSERT(delivered + side.lost() + side.stepped_over() + side.skipped() == side.next_position() - wanted);
        RC_ASSERT(seen.lost == side.lost() && seen.skipped == side.skipped());
        RC_ASSERT(seen.stepped_over == side.stepped_over());
        for (const ring::Received& message : held) RC_ASSERT(number_in(message) == message.position);
    }
    void deliver(const ring::Received& message) {
        RC_ASSERT(number_in(message) == message.position);
        RC_ASSERT(message.lost_before == side.lost() - told_lost);
        told_lost = side.lost();
        ++delivered;
        held.push_back(message);
    }
};

class Scene {
 public:
    explicit Scene(const layout::RingParameters& p) : first_(p.first_position), ring_(p), producer_(ring_.producer()) {}

    void take_step() {
        const unsigned index = *rc::gen::inRange(0U, readers);
        auto& reader = readers_[index];
        const auto act = *rc::gen::weightedElement<int>({{6, 0}, {2, 1}, {6, 2}, {3, 3}, {6, 4}, {1, 5}, {1, 6}});
        if (act == 0) publish(*rc::gen::inRange(1, 12));
        if (act == 1 && !reader) join(index);
        if (!reader) return;
        if (act == 2) next(*reader);
        if (act == 3) latest(*reader);
        if (act == 4) release(*reader);
        if (act == 5) leave(index);
        if (act == 6 && reader->is_evictable) evict(index);
        if (reader) reader->check(ring::observe_subscription(ring_.daemon(), index));
    }

 private:
    void publish(int count) {
        for (int i = 0; i < count && producer_.try_reserve() == ok; ++i) {
            write_number(producer_, producer_.position());
            newest_ = producer_.position();
            producer_.publish(sizeof(std::uint64_t));
        }
    }

    void join(unsigned index) {
        const layout::Position head = producer_.position();
        const layout::Position wanted =
            head - *rc::gen::inRange<std::uint64_t>(0, std::min<std::uint64_t>(20, head - first_) + 1);
        const auto overrun = *rc::gen::element(Overrun::never, Overrun::laps_us, Overrun::evicts_us);
        readers_[index].emplace(Reader{ring_.consumer_from(wanted, index, overrun), wanted});
        readers_[index]->is_evictable = overrun == Overrun::evicts_us;
    }

    static void next(Reader& reader) {
        ring::Received message;
        const Error::Code code = reader.side.try_next(message);
        if (code == ok) reader.deliver(message);
        RC_ASSERT(!reader.is_evicted || code == Error::evicted);
    }

    /// What it holds is looked at after every step that follows.
    void evict(unsigned index) {
        if (std::exchange(readers_[index]->is_evicted, true)) {
            RC_ASSERT(ring::settle_evicted(ring_.daemon(), index) == readers_[index]->held.empty());
        } else {
            RC_ASSERT(ring::evict(ring_.daemon(), ring_.barrier(), index, ring::HeldMarks::stored));
        }
    }

    void latest(Reader& reader) {
        const layout::Position before = reader.side.next_position();
        const std::uint64_t skipped = reader.side.skipped();
        const std::uint64_t lost = reader.side.lost();
        ring::Received message;
        const Error::Code code = reader.side.try_latest(message);
        if (reader.is_evicted) {
            RC_ASSERT(code == Error::evicted);
        } else if (code == ok) {
            RC_ASSERT(message.position == *newest_);
            RC_ASSERT(layout::distance(message.position, before) >= 0);
            reader.deliver(message);
        } else if (code == Error::empty) {
            // Tombstones can lap the newest message, where somebody holds its slot.
            RC_ASSERT(!newest_ || layout::distance(*newest_, before) < 0 || reader.side.lost() != lost);
        } else {
            RC_ASSERT(code == Error::too_many_held);
            RC_ASSERT(reader.side.skipped() == skipped);
        }
    }

    static void release(Reader& reader) {
        if (reader.held.empty()) return;
        const auto chosen = *rc::gen::inRange<std::size_t>(0, reader.held.size());
        reader.side.release(reader.held[chosen].position);
        reader.held.erase(reader.held.begin() + static_cast<std::ptrdiff_t>(chosen));
    }

    void leave(unsigned index) {
        ring::leave(ring_.daemon(), index);
        readers_[index].reset();
    }

    layout::Position first_;
    InProcessRing<> ring_;
    InProcessRing<>::Producer producer_;
    std::optional<layout::Position> newest_;
    std::array<std::optional<Reader>, readers> readers_;
};

RC_GTEST_PROP(AccountingProperty, EveryPositionIsDeliveredLostSteppedOverOrSkipped, ()) {
    const auto slots = std::uint64_t{1} << *rc::gen::inRange(0, 8);
    const auto before_wrap = *rc::gen::inRange<std::uint64_t>(1, 60);
    const auto first = *rc::gen::element<layout::Position>(0, two_to_63 - before_wrap, 0 - before_wrap);
    Scene scene(ring_of(slots, first, *rc::gen::inRange<std::uint64_t>(0, slots)));
    for (int step = 0; step < 150; ++step) scene.take_step();
}

}  // namespace
}  // namespace ringview::test::accounting_property_test
