#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <ringview/ring/eviction.hpp>

#include "ring_fixture.hpp"

/// delivered + lost + stepped over + skipped = positions passed, whatever consumers of both policies do on one ring;
/// and each message that no honest producer writes is told once, by an error, and counted as lost.
namespace ringview::test::accounting_property_test {
namespace {

using ring::Overrun;

constexpr unsigned readers = 4;

auto is_at(layout::Position position) {
    return [position](const ring::Received& message) { return message.position == position; };
}

struct Reader {
    InProcessRing<>::Consumer side;
    Overrun overrun;
    layout::Position wanted;  ///< where it wished to begin
    std::uint64_t lost_at_start = side.lost();
    std::uint64_t delivered = 0;
    std::uint64_t told_corrupt = 0;
    std::uint64_t told_lost = 0;
    std::vector<ring::Received> held{};
    std::vector<ring::Received> batch{};  ///< the last one, while all of it is held
    bool is_evicted = false;

    void check(const ring::SubscriptionSnapshot& seen) const {
        RC_ASSERT(delivered + side.lost() + side.stepped_over() + side.skipped() == side.next_position() - wanted);
        RC_ASSERT(seen.lost == side.lost() && seen.skipped == side.skipped());
        RC_ASSERT(seen.stepped_over == side.stepped_over());
        RC_ASSERT(side.holds_messages() != held.empty());
        RC_ASSERT(side.pos() == (held.empty() ? side.next_position() : held.front().position));
        // What a lossy one loses it may not have looked at.
        if (overrun != Overrun::laps_us) RC_ASSERT(side.lost() == lost_at_start + told_corrupt);
        for (const ring::Received& message : held) RC_ASSERT(number_in(message) == message.position);
    }
    void deliver(const ring::Received& message) {
        RC_ASSERT(number_in(message) == message.position);
        RC_ASSERT(message.lost_before == side.lost() - told_lost);
        if (!held.empty()) RC_ASSERT(layout::distance(message.position, held.back().position) > 0);
        told_lost = side.lost();
        ++delivered;
        held.push_back(message);
    }
    void forget(layout::Position position) { held.erase(std::find_if(held.begin(), held.end(), is_at(position))); }
};

class Scene {
 public:
    explicit Scene(const layout::RingParameters& p) : first_(p.first_position), ring_(p), producer_(ring_.producer()) {}

    void take_step() {
        const unsigned index = *rc::gen::inRange(0U, readers);
        auto& reader = readers_[index];
        const auto act =
            *rc::gen::weightedElement<int>({{6, 0}, {2, 1}, {4, 2}, {3, 3}, {6, 4}, {1, 5}, {1, 6}, {4, 7}, {2, 8}});
        if (act == 0) publish(*rc::gen::inRange(1, 12));
        if (act == 1 && !reader) join(index);
        if (!reader) return;
        if (act == 2) next(*reader);
        if (act == 3) latest(*reader);
        if (act == 4) release(*reader);
        if (act == 5) leave(index);
        if (act == 6 && reader->overrun == Overrun::evicts_us) evict(index);
        if (act == 7) next_batch(*reader);
        if (act == 8) release_batch(*reader);
        if (reader) reader->check(ring::observe_subscription(ring_.daemon(), index));
    }

 private:
    void publish(int count) {
        for (int i = 0; i < count && producer_.try_reserve() == ok; ++i) {
            write_number(producer_, producer_.position());
            newest_ = producer_.position();
            producer_.publish(sizeof(std::uint64_t));
            if (*rc::gen::weightedElement<bool>({{9, false}, {1, true}})) make_corrupt(*newest_);
        }
    }

    void make_corrupt(layout::Position position) {
        ring_.daemon().slot(position).length.store(std::uint32_t{1} << 30);
        corrupt_.insert(position);
    }
    /// The one before next.
    void be_told_of_corrupt(Reader& reader) {
        RC_ASSERT(corrupt_.count(reader.side.next_position() - 1) == 1U);
        ++reader.told_corrupt;
    }

    void join(unsigned index) {
        const layout::Position head = producer_.position();
        const layout::Position wanted =
            head - *rc::gen::inRange<std::uint64_t>(0, std::min<std::uint64_t>(20, head - first_) + 1);
        const auto overrun = *rc::gen::element(Overrun::never, Overrun::laps_us, Overrun::evicts_us);
        readers_[index].emplace(Reader{ring_.consumer_from(wanted, index, overrun), overrun, wanted});
    }

    void next(Reader& reader) {
        ring::Received message;
        const Error::Code code = reader.side.try_next(message);
        if (code == ok) reader.deliver(message);
        if (code == Error::corrupt) be_told_of_corrupt(reader);
        RC_ASSERT(!reader.is_evicted || code == Error::evicted);
    }

    void next_batch(Reader& reader) {
        std::array<ring::Received, 64> messages;
        std::size_t count = 0;
        const auto most = *rc::gen::inRange<std::size_t>(1, messages.size() + 1);
        const Error::Code code = reader.side.try_next_batch(std::span(messages).first(most), count);
        RC_ASSERT(count <= most);
        RC_ASSERT((count != 0) == (code == ok));
        for (std::size_t i = 0; i < count; ++i) {
            RC_ASSERT(messages[i].position == messages[0].position + i);
            reader.deliver(messages[i]);
        }
        if (code == ok) reader.batch.assign(messages.begin(), messages.begin() + static_cast<std::ptrdiff_t>(count));
        if (code == Error::corrupt) be_told_of_corrupt(reader);
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
        } else if (code == Error::corrupt) {
            be_told_of_corrupt(reader);
        } else {
            RC_ASSERT(code == Error::too_many_held);
            RC_ASSERT(reader.side.skipped() == skipped);
        }
    }

    static void release(Reader& reader) {
        if (reader.held.empty()) return;
        const auto position = (*rc::gen::elementOf(reader.held)).position;
        reader.side.release(position);
        reader.forget(position);
        if (std::any_of(reader.batch.begin(), reader.batch.end(), is_at(position))) reader.batch.clear();
    }

    static void release_batch(Reader& reader) {
        if (reader.batch.empty()) return;
        reader.side.release_batch(reader.batch);
        for (const ring::Received& message : reader.batch) reader.forget(message.position);
        reader.batch.clear();
    }

    void leave(unsigned index) {
        ring::leave(ring_.daemon(), index);
        readers_[index].reset();
    }

    layout::Position first_;
    InProcessRing<> ring_;
    InProcessRing<>::Producer producer_;
    std::optional<layout::Position> newest_;
    std::set<layout::Position> corrupt_;
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
