#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <ostream>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <ringview/ring/recovery.hpp>

#include "ring_fixture.hpp"

/// Random histories of a ring with several producers, some of which die, against the plainest description of what it
/// promises.
namespace ringview::test::shared_ring_property_test {
namespace {

constexpr unsigned model_producers = 3;
constexpr unsigned model_consumers = 3;

enum class Act { reserve, publish, abandon, die, attach, join, leave, next, release };

struct Step {
    Act act;
    unsigned who;
    std::uint64_t choice = 0;  ///< how many are reserved at most, or published of those
};

std::ostream& operator<<(std::ostream& out, const Step& step) {
    static constexpr std::array names{"reserve", "publish", "abandon", "die",    "attach",
                                      "join",    "leave",   "next",    "release"};
    return out << names[static_cast<std::size_t>(step.act)] << "(" << step.who << ", " << step.choice << ")";
}

rc::Gen<Step> any_step() {
    const auto act = rc::gen::weightedElement<Act>({{10, Act::reserve},
                                                    {8, Act::publish},
                                                    {2, Act::abandon},
                                                    {1, Act::die},
                                                    {3, Act::attach},
                                                    {2, Act::join},
                                                    {1, Act::leave},
                                                    {14, Act::next},
                                                    {12, Act::release}});
    return rc::gen::apply(
        [](Act a, unsigned who, std::uint64_t choice) {
            return Step{a, who, choice};
        },
        act, rc::gen::inRange(0U, model_producers), rc::gen::inRange<std::uint64_t>(0, 5));
}

enum class Fate { claimed, published, tombstone };

/// A ring, and beside it what it should be: the fate of every position, by its distance from the first.
class SharedPair {
 public:
    SharedPair(const layout::RingParameters& p, std::uint64_t history)
        : first_(p.first_position), slots_(p.slots), history_(history), ring_(p) {}

    void take(const Step& step) {
        auto& writer = writers_[step.who];
        auto& reader = readers_[step.who];
        switch (step.act) {
            case Act::attach:
                if (!writer) writer.emplace(Writer{ring_.shared_producer(step.who)});
                return;
            case Act::reserve:
                if (writer) reserve(*writer, step.who, 1 + step.choice);
                return;
            case Act::publish:
                if (writer && writer->count != 0) publish(*writer, 1 + step.choice % writer->count);
                return;
            case Act::abandon:
                if (writer && writer->count != 0) abandon(*writer);
                return;
            case Act::die:
                if (writer) die(step.who);
                return;
            case Act::join:
                if (!reader) join(step.who);
                return;
            case Act::leave:
                if (reader) leave(step.who);
                return;
            case Act::next:
                if (reader) next(*reader);
                return;
            case Act::release:
                if (reader && reader->held) release(*reader);
                return;
        }
    }

    void check_observations() const {
        const ring::RingSnapshot s = ring::observe_ring(ring_.daemon());
        RC_ASSERT(s.head == first_ + fates_.size());
        RC_ASSERT(s.tombstones == count(Fate::tombstone));
        RC_ASSERT(s.published == count(Fate::published));
    }

 private:
    struct Writer {
        InProcessRing<>::SharedProducer side;
        std::uint64_t first = 0;  ///< of what it has reserved
        std::uint64_t count = 0;
    };
    struct Reader {
        InProcessRing<>::Consumer side;
        std::uint64_t next;
        std::optional<std::uint64_t> held;
        std::uint64_t stepped_over = 0;
    };

    std::uint64_t count(Fate fate) const {
        return static_cast<std::uint64_t>(std::count(fates_.begin(), fates_.end(), fate));
    }

    /// The lowest position whose slot may not be written again.
    std::uint64_t lowest() const {
        std::uint64_t lowest = fates_.size();
        for (const auto& reader : readers_) {
            if (reader) lowest = std::min(lowest, reader->held.value_or(reader->next));
        }
        return lowest;
    }

    bool is_clear(std::uint64_t position) const {
        return position - lowest() < slots_ && (position < slots_ || fates_[position - slots_] != Fate::claimed);
    }

    void reserve(Writer& writer, unsigned line, std::uint64_t most) {
        const std::uint64_t position = fates_.size();
        const Error::Code expected = writer.count != 0 ? Error::busy : is_clear(position) ? ok : Error::full;
        RC_ASSERT(writer.side.try_reserve(most) == expected);
        RC_ASSERT(writer.side.has_reservation() == (expected != Error::full));
        if (expected != ok) return;
        RC_ASSERT(writer.side.position() == first_ + position);
        writer.first = position;
        writer.count = writer.side.reserved_count();
        RC_ASSERT(writer.count >= 1 && writer.count <= most);
        for (std::uint64_t i = 0; i < writer.count; ++i) {
            RC_ASSERT(is_clear(position + i));
            const std::uint64_t number = (position + i) * 1000 + line;
            std::memcpy(writer.side.payload(first_ + position + i), &number, sizeof number);
            writers_of_.push_back(line);
        }
        fates_.insert(fates_.end(), writer.count, Fate::claimed);
    }

    void end(Writer& writer, std::uint64_t published) {
        for (std::uint64_t i = 0; i < writer.count; ++i)
            fates_[writer.first + i] = i < published ? Fate::published : Fate::tombstone;
        writer.count = 0;
    }

    void publish(Writer& writer, std::uint64_t count) {
        end(writer, count);
        writer.side.publish_batch(std::vector<std::uint32_t>(count, sizeof(std::uint64_t)));
    }

    void abandon(Writer& writer) {
        end(writer, 0);
        writer.side.abandon();
    }

    void die(unsigned line) {
        end(*writers_[line], 0);
        writers_[line].reset();
        RC_ASSERT(ring::recover_producer(ring_.daemon(), line, std::uint64_t{1} << line).is_done);
    }

    void join(unsigned subscription) {
        auto side = ring_.consumer(subscription, ring::JoinAt::oldest);
        const std::uint64_t start = side.next_position() - first_;
        RC_ASSERT(start <= fates_.size() - std::min<std::uint64_t>(history_, fates_.size()));
        RC_ASSERT(start + slots_ >= fates_.size());
        readers_[subscription].emplace(Reader{side, start, {}});
    }

    void leave(unsigned subscription) {
        ring::leave(ring_.daemon(), subscription);
        readers_[subscription].reset();
    }

    void next(Reader& reader) {
        if (reader.held) return;
        ring::Received message;
        const Error::Code code = reader.side.try_next(message);
        while (reader.next < fates_.size() && fates_[reader.next] == Fate::tombstone) {
            ++reader.next;
            ++reader.stepped_over;
        }
        RC_ASSERT(reader.side.stepped_over() == reader.stepped_over);
        if (reader.next == fates_.size() || fates_[reader.next] == Fate::claimed) {
            RC_ASSERT(code == Error::empty);
            return;
        }
        RC_ASSERT(code == ok);
        RC_ASSERT(message.position == first_ + reader.next);
        RC_ASSERT(reader.side.producer_of(message.position) == writers_of_[reader.next]);
        RC_ASSERT(number_in(message) == reader.next * 1000 + writers_of_[reader.next]);
        reader.held = reader.next++;
    }

    void release(Reader& reader) {
        std::uint64_t number = 0;
        std::memcpy(&number, ring_.daemon().payload(first_ + *reader.held), sizeof number);
        RC_ASSERT(number == *reader.held * 1000 + writers_of_[*reader.held]);
        reader.side.release(first_ + *reader.held);
        reader.held.reset();
    }

    layout::Position first_;
    std::uint64_t slots_;
    std::uint64_t history_;
    InProcessRing<> ring_;
    std::array<std::optional<Writer>, model_producers> writers_;
    std::array<std::optional<Reader>, model_consumers> readers_;
    std::vector<Fate> fates_;
    std::vector<unsigned> writers_of_;
};

RC_GTEST_PROP(SharedRingProperty, AnyHistoryOfARingOfSeveralProducersIsThatOfItsModel, ()) {
    const auto slots = std::uint64_t{1} << *rc::gen::inRange(0, 5);
    const auto history = *rc::gen::inRange<std::uint64_t>(0, slots);
    const auto before = *rc::gen::inRange<std::uint64_t>(0, 40);
    const auto wrap = *rc::gen::element<layout::Position>(40, two_to_32, two_to_63, 0);
    layout::RingParameters p = ring_of(slots, wrap - before, history);
    p.producers = model_producers;
    SharedPair pair(p, history);
    for (unsigned i = 0; i < model_producers; ++i) pair.take({Act::attach, i});
    for (const Step& step : *rc::gen::scale(20, rc::gen::container<std::vector<Step>>(any_step()))) {
        pair.take(step);
        pair.check_observations();
    }
}

}  // namespace
}  // namespace ringview::test::shared_ring_property_test
