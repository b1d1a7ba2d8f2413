#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <ostream>
#include <set>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "ring_fixture.hpp"

/// Random histories of a ring against the plainest description of what it promises.
namespace ringview::test::ring_property_test {
namespace {

using ring::JoinAt;

constexpr unsigned model_subscriptions = 4;
constexpr std::uint32_t model_slot_bytes = 24;

enum class Act {
    reserve,
    publish,
    publish_batch,
    abandon,
    join_oldest,
    join_next,
    leave,
    next,
    next_batch,
    release,
    replace_producer,
    remove
};

struct Step {
    Act act;
    unsigned subscription;
    std::uint32_t
        choice;  ///< which held message is released, how many bytes are published, how many messages a batch has
};

std::ostream& operator<<(std::ostream& out, const Step& step) {
    static constexpr std::array names{"reserve", "publish", "publish_batch", "abandon", "join_oldest",      "join_next",
                                      "leave",   "next",    "next_batch",    "release", "replace_producer", "remove"};
    return out << names[static_cast<std::size_t>(step.act)] << "(" << step.subscription << ", " << step.choice << ")";
}

rc::Gen<Step> any_step() {
    const auto act = rc::gen::weightedElement<Act>({{8, Act::reserve},
                                                    {8, Act::publish},
                                                    {4, Act::publish_batch},
                                                    {2, Act::abandon},
                                                    {2, Act::join_oldest},
                                                    {2, Act::join_next},
                                                    {1, Act::leave},
                                                    {12, Act::next},
                                                    {4, Act::next_batch},
                                                    {12, Act::release},
                                                    {1, Act::replace_producer}});
    return rc::gen::apply(
        [](Act a, unsigned subscription, std::uint32_t choice) {
            return Step{a, subscription, choice};
        },
        act, rc::gen::inRange(0U, model_subscriptions), rc::gen::inRange(0U, 1000U));
}

/// Up to 100 * `scale` of them.
rc::Gen<std::vector<Step>> any_steps(double scale) {
    return rc::gen::scale(scale, rc::gen::container<std::vector<Step>>(any_step()));
}

/// Also just before each wrap.
rc::Gen<layout::Position> any_first_position() {
    const auto before = [](layout::Position wrap) {
        return rc::gen::map(rc::gen::inRange<std::uint64_t>(0, 40), [wrap](std::uint64_t n) { return wrap - n; });
    };
    return rc::gen::oneOf(rc::gen::just(layout::Position{0}), before(two_to_32), before(two_to_63), before(0),
                          rc::gen::arbitrary<std::uint64_t>());
}

struct Reader {
    InProcessRing<>::Consumer side;
    layout::Position next;
    std::set<std::uint64_t> held;  ///< as distances from the ring's first position, so that they are in order

    std::uint64_t lowest(layout::Position first) const { return held.empty() ? next - first : *held.begin(); }
};

/// A ring, and beside it what it should be.
class Pair {
 public:
    explicit Pair(const layout::RingParameters& p)
        : first_(p.first_position), slots_(p.slots), history_(p.history), ring_(p), producer_(ring_.producer()) {}

    void take(const Step& step) {
        auto& reader = readers_[step.subscription];
        switch (step.act) {
            case Act::reserve:
                return reserve();
            case Act::publish:
                return publish(step.choice);
            case Act::publish_batch:
                return publish_batch(step.choice);
            case Act::abandon:
                return abandon();
            case Act::join_oldest:
            case Act::join_next:
                if (!reader) join(step.subscription, step.act == Act::join_oldest ? JoinAt::oldest : JoinAt::next);
                return;
            case Act::leave:
                if (reader) leave(step.subscription);
                return;
            case Act::next:
                if (reader) next(*reader);
                return;
            case Act::next_batch:
                if (reader) next_batch(*reader, step.choice);
                return;
            case Act::release:
                if (reader && !reader->held.empty()) release(*reader, step.choice);
                return;
            case Act::replace_producer:
                return replace_producer();
            case Act::remove:
                ring::mark_removed(ring_.daemon());
                is_removed_ = true;
                return;
        }
    }

    /// What anybody can see at any time.
    void check_observations() const {
        const ring::RingSnapshot s = ring::observe_ring(ring_.daemon());
        RC_ASSERT(s.head == first_ + published_);
        RC_ASSERT(s.published == published_);
        RC_ASSERT(s.used == used());
        for (unsigned i = 0; i < model_subscriptions; ++i) {
            RC_ASSERT((s.lossless >> i & 1) == (readers_[i] ? 1U : 0U));
            if (!readers_[i]) continue;
            const ring::SubscriptionSnapshot cursor = ring::observe_subscription(ring_.daemon(), i);
            RC_ASSERT(cursor.pos == first_ + readers_[i]->lowest(first_));
            RC_ASSERT(cursor.lag == published_ - readers_[i]->lowest(first_));
            RC_ASSERT(readers_[i]->side.lag() == first_ + published_ - readers_[i]->next);
        }
    }

 private:
    std::uint64_t used() const {
        std::uint64_t most = 0;
        for (const auto& reader : readers_) {
            if (reader) most = std::max(most, published_ - reader->lowest(first_));
        }
        return most;
    }

    void reserve() {
        const Error::Code expected = is_reserved_       ? Error::busy
                                     : is_removed_      ? Error::removed
                                     : used() >= slots_ ? Error::full
                                                        : ok;
        RC_ASSERT(producer_.try_reserve() == expected);
        is_reserved_ = is_reserved_ || expected == ok;
        RC_ASSERT(producer_.position() == first_ + published_);
    }

    void publish(std::uint32_t choice) {
        if (!is_reserved_) return;
        std::vector<std::byte> content(choice % (model_slot_bytes + 1));
        for (std::size_t i = 0; i < content.size(); ++i)
            content[i] = static_cast<std::byte>(choice + published_ * 3 + i);
        std::copy(content.begin(), content.end(), producer_.payload());
        producer_.publish(static_cast<std::uint32_t>(content.size()));
        contents_.push_back(std::move(content));
        ++published_;
        is_reserved_ = false;
    }

    /// The model allows fewer than fit: what else is free may not be known. All of them are published, or all but one.
    void publish_batch(std::uint32_t choice) {
        if (is_reserved_ || is_removed_ || used() >= slots_) return;
        RC_ASSERT(producer_.try_reserve(choice % slots_ + 1) == ok);
        const std::uint64_t given = producer_.reserved_count();
        RC_ASSERT(given >= 1 && given <= std::min(choice % slots_ + 1, slots_ - used()));
        const std::uint64_t count = given - choice / 7 % 2;
        for (std::uint64_t i = 0; i < given; ++i) {
            const std::vector<std::byte> content(model_slot_bytes, static_cast<std::byte>(choice + i));
            std::copy(content.begin(), content.end(), producer_.payload(producer_.position() + i));
            if (i < count) contents_.push_back(content);
        }
        producer_.publish_batch(std::vector<std::uint32_t>(count, model_slot_bytes));
        published_ += count;
    }

    void next_batch(Reader& reader, std::uint32_t choice) {
        std::vector<ring::Received> messages(choice % (slots_ + 2) + 1);
        std::size_t count = 0;
        const Error::Code code = reader.side.try_next_batch(messages, count);
        const std::uint64_t ready = first_ + published_ - reader.next;
        if (ready == 0) {
            RC_ASSERT(code == (is_removed_ ? Error::removed : Error::empty));
            return;
        }
        RC_ASSERT(code == ok && count == std::min<std::uint64_t>(ready, messages.size()));
        for (std::size_t i = 0; i < count; ++i) {
            RC_ASSERT(messages[i].position == reader.next);
            check_content(messages[i], reader.next - first_);
            reader.held.insert(reader.next++ - first_);
        }
    }

    void abandon() {
        producer_.abandon();
        is_reserved_ = false;
    }

    void join(unsigned subscription, JoinAt at) {
        auto side = ring_.consumer(subscription, at);
        const std::uint64_t start = side.next_position() - first_;
        if (at == JoinAt::next) RC_ASSERT(start == published_);
        // The oldest is at least as old as the history promises, and no older than what has its slot still.
        RC_ASSERT(start <= published_ - std::min(at == JoinAt::oldest ? history_ : 0, published_));
        RC_ASSERT(start + slots_ >= published_);
        readers_[subscription].emplace(Reader{side, side.next_position(), {}});
    }

    void leave(unsigned subscription) {
        ring::leave(ring_.daemon(), subscription);
        readers_[subscription].reset();
    }

    void next(Reader& reader) {
        ring::Received message;
        const Error::Code code = reader.side.try_next(message);
        const std::uint64_t number = reader.next - first_;
        if (number == published_) {
            RC_ASSERT(code == (is_removed_ ? Error::removed : Error::empty));
            return;
        }
        RC_ASSERT(code == ok);
        RC_ASSERT(message.position == reader.next);
        check_content(message, number);
        reader.held.insert(number);
        ++reader.next;
    }

    /// A held message is still what it was when it was handed out.
    void release(Reader& reader, std::uint32_t choice) {
        auto chosen = reader.held.begin();
        std::advance(chosen, choice % reader.held.size());
        const std::uint64_t number = *chosen;
        const auto& slot = ring_.daemon().slot(first_ + number);
        RC_ASSERT(slot.seq.load() == layout::seq_of(first_ + number));
        check_content({.payload = ring_.daemon().payload(first_ + number),
                       .position = first_ + number,
                       .length = slot.length.load()},
                      number);
        reader.held.erase(chosen);
        reader.side.release(first_ + number);
        RC_ASSERT(reader.side.pos() == first_ + reader.lowest(first_));
    }

    void check_content(const ring::Received& message, std::uint64_t number) const {
        const std::vector<std::byte> content(message.payload, message.payload + message.length);
        RC_ASSERT(content == contents_[number]);
    }

    void replace_producer() {
        ring::close_producer_line(ring_.daemon(), 0);
        producer_ = ring_.producer();
        is_reserved_ = false;
    }

    layout::Position first_;
    std::uint64_t slots_;
    std::uint64_t history_;
    InProcessRing<> ring_;
    InProcessRing<>::Producer producer_;
    std::array<std::optional<Reader>, model_subscriptions> readers_;
    std::vector<std::vector<std::byte>> contents_;  ///< of every message published so far
    std::uint64_t published_ = 0;
    bool is_reserved_ = false;
    bool is_removed_ = false;
};

layout::RingParameters any_ring() {
    const auto slots = std::uint64_t{1} << *rc::gen::inRange(0, 5);
    layout::RingParameters p = ring_of(slots, *any_first_position(), *rc::gen::inRange<std::uint64_t>(0, slots));
    p.slot_bytes = model_slot_bytes;
    p.timestamps = *rc::gen::arbitrary<bool>();
    return p;
}

RC_GTEST_PROP(RingProperty, AnyHistoryOfARingIsThatOfItsModel, ()) {
    Pair pair(any_ring());
    for (const Step& step : *any_steps(20)) {
        pair.take(step);
        pair.check_observations();
    }
}

RC_GTEST_PROP(RingProperty, ARemovedRingIsReadToItsEndByEverybodyAndTakesNoMore, ()) {
    Pair pair(any_ring());
    for (const Step& step : *any_steps(3)) pair.take(step);
    pair.take({Act::remove, 0, 0});
    for (std::uint32_t i = 0; i < 40; ++i) {
        for (unsigned subscription = 0; subscription < model_subscriptions; ++subscription) {
            pair.take({Act::next, subscription, 0});
            pair.take({Act::release, subscription, i});
        }
        pair.take({Act::reserve, 0, 0});
        pair.check_observations();
    }
}

}  // namespace
}  // namespace ringview::test::ring_property_test
