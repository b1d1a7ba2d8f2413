#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "group_model.hpp"
#include "group_steps.hpp"

/// Random histories of a ring with groups of competing members, beside subscriptions of the other kinds.
namespace ringview::test {
namespace {

constexpr unsigned lossless_subscription = 20;
constexpr unsigned lossy_subscription = 30;

/// Takes the messages of a subscription of its own, each before the next one.
struct Reader {
    InProcessRing<>::Consumer side;
    layout::Position wanted;
    std::optional<std::uint64_t> held{};
    std::uint64_t delivered = 0;
};

/// A ring with one producer, or with several, and what it should be.
template <class Producer>
class GroupScene {
    static constexpr bool is_shared = std::is_same_v<Producer, InProcessRing<>::SharedProducer>;

 public:
    explicit GroupScene(const layout::RingParameters& p, bool has_lossless, bool has_lossy)
        : slots_(p.slots), history_(p.history), ring_(p), stream_{p.first_position, {}} {
        for (unsigned line = 0; line < p.producers; ++line) {
            if constexpr (is_shared) {
                writers_.push_back({ring_.shared_producer(line)});
            } else {
                writers_.push_back({ring_.producer(line)});
            }
        }
        if (has_lossless)
            lossless_.emplace(
                Reader{ring_.consumer(lossless_subscription, ring::JoinAt::next, GroupModel::shortest), stream_.first});
        if (has_lossy)
            lossy_.emplace(Reader{ring_.lossy_consumer(lossy_subscription, ring::JoinAt::next, GroupModel::shortest),
                                  stream_.first});
    }

    void take(const GroupStep& step) {
        Writer& writer = writers_[step.who % writers_.size()];
        GroupModel& group = groups_[step.group];
        switch (step.act) {
            case GroupAct::reserve:
                return reserve(writer, 1 + step.choice % (slots_ + 1));
            case GroupAct::publish:
                if (writer.count != 0) publish(writer, step.choice);
                return;
            case GroupAct::abandon:
                if (writer.count != 0) abandon(writer);
                return;
            case GroupAct::begin:
                if (!group.exists()) begin(group, step.choice % 2 == 0 ? ring::JoinAt::oldest : ring::JoinAt::next);
                return;
            case GroupAct::lossless:
                if (lossless_) read(*lossless_);
                return;
            case GroupAct::lossy:
                if (lossy_) read(*lossy_);
                return;
            default:
                if (group.exists()) take_in(group, step);
        }
    }

    void check() {
        const layout::Position head = stream_.first + head_of_stream();
        RC_ASSERT(ring::observe_ring(ring_.daemon()).head == head);
        for (GroupModel& group : groups_) {
            if (group.exists()) group.check(head);
        }
        for (const auto& reader : {lossless_, lossy_}) {
            if (!reader) continue;
            const auto& side = reader->side;
            RC_ASSERT(reader->delivered + side.lost() + side.stepped_over() == side.next_position() - reader->wanted);
        }
    }

 private:
    struct Writer {
        Producer side;
        std::uint64_t first = 0;  ///< of what it has reserved
        std::uint64_t count = 0;
    };

    static void take_in(GroupModel& group, const GroupStep& step) {
        switch (step.act) {
            case GroupAct::end:
                return group.end();
            case GroupAct::join:
                return group.join(step.who);
            case GroupAct::leave:
                return group.leave(step.who);
            case GroupAct::recover_again:
                return group.recover_again(step.who);
            case GroupAct::settle:
                return group.settle(step.who);
            case GroupAct::next:
                return group.next(step.who);
            case GroupAct::next_batch:
                return group.next_batch(step.who, 1 + step.choice % 6);
            case GroupAct::release:
                return group.release(step.who, step.choice);
            case GroupAct::release_batch:
                return group.release_batch(step.who);
            default:
                RC_FAIL("no act of a group");
        }
    }

    /// Where several produce, a claim moves it; where one does, only what is published.
    std::uint64_t head_of_stream() const { return stream_.size() - (is_shared ? 0 : writers_.front().count); }

    void begin(GroupModel& group, ring::JoinAt at) {
        const std::uint64_t head = head_of_stream();
        const std::uint64_t start = group.begin(at);
        if (at == ring::JoinAt::next) RC_ASSERT(start == head);
        RC_ASSERT(start + slots_ >= head);
        RC_ASSERT(start <= head - std::min(at == ring::JoinAt::oldest ? history_ : 0, head));
    }

    /// The lowest position whose slot may not be written again.
    std::uint64_t lowest() const {
        std::uint64_t lowest = stream_.size();
        for (const GroupModel& group : groups_) {
            if (group.exists()) lowest = std::min(lowest, group.lowest());
        }
        if (lossless_)
            lowest = std::min(lowest, lossless_->held.value_or(lossless_->side.next_position() - stream_.first));
        return lowest;
    }
    bool is_in_room(std::uint64_t position) const {
        return position - lowest() < slots_ && (position < slots_ || !stream_.is(position - slots_, Fate::claimed));
    }
    /// By the lossy subscription: the position becomes a tombstone.
    bool is_held(std::uint64_t position) const {
        return lossy_ && lossy_->held && (position - *lossy_->held) % slots_ == 0;
    }

    void reserve(Writer& writer, std::uint64_t most) {
        const bool is_busy = writer.count != 0;
        const Error::Code code = writer.side.try_reserve(most);
        if (is_busy) {
            RC_ASSERT(code == Error::busy);
            return;
        }
        std::uint64_t tombstones = 0;
        for (; tombstones < slots_ && is_in_room(stream_.size()) && is_held(stream_.size()); ++tombstones)
            stream_.fates.push_back(Fate::tombstone);
        const std::uint64_t position = stream_.size();
        const bool has_room = tombstones < slots_ && is_in_room(position);
        RC_ASSERT(code == (has_room ? ok : Error::full));
        if (!has_room) return;
        RC_ASSERT(writer.side.position() == stream_.first + position);
        writer.first = position;
        writer.count = writer.side.reserved_count();
        RC_ASSERT(writer.count >= 1 && writer.count <= most);
        for (std::uint64_t i = 0; i < writer.count; ++i) {
            RC_ASSERT(is_in_room(position + i) && !is_held(position + i));
            const std::uint64_t number = position + i;
            std::memcpy(writer.side.payload(stream_.first + number), &number, sizeof number);
        }
        stream_.fates.insert(stream_.fates.end(), writer.count, Fate::claimed);
    }

    /// One, some or all of them; now and then the last is too short.
    void publish(Writer& writer, std::uint64_t choice) {
        const std::uint64_t count = choice % 3 == 0 ? 1 + choice / 3 % writer.count : writer.count;
        std::vector<std::uint32_t> lengths(count, GroupModel::shortest);
        if (choice % 16 == 7) lengths.back() = 2;
        for (std::uint64_t i = 0; i < count; ++i)
            stream_.fates[writer.first + i] = lengths[i] < GroupModel::shortest ? Fate::too_short : Fate::message;
        if (count == 1 && writer.count == 1) {
            writer.side.publish(lengths.front());
        } else {
            writer.side.publish_batch(lengths);
        }
        give_up_from(writer, count);
    }

    void abandon(Writer& writer) {
        writer.side.abandon();
        give_up_from(writer, 0);
    }

    void give_up_from(Writer& writer, std::uint64_t published) {
        if constexpr (is_shared) {
            for (std::uint64_t i = published; i < writer.count; ++i) stream_.fates[writer.first + i] = Fate::tombstone;
        } else {
            stream_.fates.resize(writer.first + published);
        }
        writer.count = 0;
    }

    void read(Reader& reader) {
        if (reader.held) return reader.side.release(stream_.first + *std::exchange(reader.held, std::nullopt));
        ring::Received message;
        if (reader.side.try_next(message) != ok) return;
        RC_ASSERT(number_in(message) == message.position - stream_.first);
        reader.held = number_in(message);
        ++reader.delivered;
    }

    std::uint64_t slots_;
    std::uint64_t history_;
    InProcessRing<> ring_;
    Stream stream_;
    std::vector<Writer> writers_;
    std::array<GroupModel, model_groups> groups_{GroupModel(ring_, stream_, 4, 0), GroupModel(ring_, stream_, 31, 60)};
    std::optional<Reader> lossless_;
    std::optional<Reader> lossy_;
};

layout::RingParameters any_ring() {
    const auto slots = std::uint64_t{1} << *rc::gen::inRange(0, 6);
    const auto before = *rc::gen::inRange<std::uint64_t>(0, 40);
    constexpr layout::Position two_to_48 = layout::Position{1} << 48;  // the part of a position that held words keep
    const auto wrap = *rc::gen::element<layout::Position>(40, two_to_32, two_to_48, two_to_63, 0);
    return ring_of(slots, wrap - before, *rc::gen::inRange<std::uint64_t>(0, slots));
}

template <class Producer>
void run_any_history(const layout::RingParameters& p) {
    GroupScene<Producer> scene(p, *rc::gen::arbitrary<bool>(), *rc::gen::arbitrary<bool>());
    scene.take({GroupAct::begin, 0, 0, 0});
    for (unsigned who = 0; who < GroupModel::places; ++who) scene.take({GroupAct::join, 0, who, 0});
    for (const GroupStep& step : *rc::gen::scale(40, rc::gen::container<std::vector<GroupStep>>(any_group_step()))) {
        scene.take(step);
        scene.check();
    }
}

RC_GTEST_PROP(GroupProperty, AnyHistoryOfGroupsOnARingOfOneProducerIsThatOfTheirModel, ()) {
    run_any_history<InProcessRing<>::Producer>(any_ring());
}

RC_GTEST_PROP(GroupProperty, AnyHistoryOfGroupsOnARingOfSeveralProducersIsThatOfTheirModel, ()) {
    layout::RingParameters p = any_ring();
    p.producers = model_producers;
    run_any_history<InProcessRing<>::SharedProducer>(p);
}

}  // namespace
}  // namespace ringview::test
