#pragma once

#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <set>
#include <vector>

#include <ringview/ring/group.hpp>
#include <ringview/ring/group_member.hpp>

#include "group_place.hpp"
#include "ring_fixture.hpp"

namespace ringview::test {

/// A group of competing members, and beside it what it should be. Each message is handed to whoever asks first; what a
/// member held when it went is handed out again, before anything new.
class GroupModel {
 public:
    static constexpr unsigned places = 3;
    static constexpr std::uint32_t shortest = sizeof(std::uint64_t);

    /// Its members are the subscriptions from `first_subscription` on.
    GroupModel(const InProcessRing<>& ring, const Stream& stream, unsigned group, unsigned first_subscription)
        : ring_(ring), stream_(stream), group_(group), first_subscription_(first_subscription) {}

    bool exists() const { return exists_; }
    /// Where, is to be checked by whoever knows what the ring keeps.
    std::uint64_t begin(ring::JoinAt at) {
        exists_ = true;
        start_ = next_ = lowest_ = ring::begin_group(ring_.daemon(), group_, at) - stream_.first;
        gone_ = {};
        return start_;
    }
    void end() {
        ring::end_group(ring_.daemon(), group_);
        exists_ = false;
        for (MemberPlace& place : places_) place = {};
    }

    void join(unsigned index) {
        MemberPlace& place = places_[index];
        if (place.member || place.is_orphan) return;
        const unsigned subscription = first_subscription_ + index;
        ring_.set_state(subscription, layout::MemberState::active);
        ring::join_group(ring_.daemon(), group_, subscription);
        place.member.emplace(
            ring::Admission<>{{ring_.geometry(), ring_.bytes().slots().data(), ring_.bytes().cursors().data()},
                              ring_.barrier(),
                              subscription,
                              stream_.first + start_,
                              0,
                              shortest},
            group_);
    }

    void leave(unsigned index) {
        MemberPlace& place = places_[index];
        if (!place.member) return;
        ring::recover_member(ring_.daemon(), group_, first_subscription_ + index);
        place.left = left_behind(index);
        check_left_behind(place);
        gone_ += place.counts;
        MemberPlace orphan;
        orphan.is_orphan = true;
        orphan.left.swap(place.left);
        place = std::move(orphan);
    }

    /// The daemon may have died meanwhile, and begins anew.
    void recover_again(unsigned index) {
        if (!places_[index].is_orphan) return;
        ring::recover_member(ring_.daemon(), group_, first_subscription_ + index);
        RC_ASSERT(left_behind(index) == places_[index].left);
    }

    void settle(unsigned index) {
        MemberPlace& place = places_[index];
        if (!place.is_orphan) return;
        RC_ASSERT(ring::settle_orphan(ring_.daemon(), group_, first_subscription_ + index) == place.left.empty());
        place.is_orphan = !place.left.empty();
    }

    void next(unsigned index) {
        MemberPlace& place = places_[index];
        ring::Received message;
        if (!place.member) return;
        const Error::Code code = place.member->try_next(message);
        check_taken(place, code, {&message, code == ok ? 1U : 0U}, 1);
    }
    void next_batch(unsigned index, std::uint64_t most) {
        MemberPlace& place = places_[index];
        if (!place.member) return;
        std::vector<ring::Received> messages(most);
        std::size_t count = 0;
        const Error::Code code = place.member->try_next_batch(messages, count);
        RC_ASSERT((code == ok) == (count != 0));
        place.batch.assign(messages.begin(), messages.begin() + static_cast<std::ptrdiff_t>(count));
        check_taken(place, code, place.batch, most);
    }

    void release(unsigned index, std::uint64_t choice) {
        MemberPlace& place = places_[index];
        if (place.held.empty()) return;
        auto chosen = place.held.begin();
        std::advance(chosen, choice % place.held.size());
        const std::uint64_t position = *chosen;
        place.held.erase(chosen);
        place.batch.clear();  // some of it may be released already
        place.member->release(stream_.first + position);
    }
    void release_batch(unsigned index) {
        MemberPlace& place = places_[index];
        if (place.batch.empty()) return;
        place.member->release_batch(place.batch);
        for (const ring::Received& message : place.batch) place.held.erase(message.position - stream_.first);
        place.batch.clear();
    }

    /// The lowest position that is not released, by the model.
    std::uint64_t lowest() const {
        std::uint64_t lowest = next_;
        for (const MemberPlace& place : places_) {
            if (!place.held.empty()) lowest = std::min(lowest, *place.held.begin());
            for (const std::uint64_t position : place.left) lowest = std::min(lowest, position);
        }
        return lowest;
    }

    /// What anybody can see at any time.
    void check(layout::Position head) {
        const ring::GroupSnapshot s = ring::observe_group(ring_.daemon(), group_);
        RC_ASSERT(s.next == stream_.first + next_);
        RC_ASSERT(s.pos == stream_.first + lowest());
        RC_ASSERT(s.lag == head - s.pos);
        std::uint64_t left = 0;
        for (const MemberPlace& place : places_) left += place.left.size();
        RC_ASSERT(s.left_behind == left);
        RC_ASSERT(s.gone == std::count_if(places_.begin(), places_.end(),
                                          [](const MemberPlace& place) { return !place.left.empty(); }));
        RC_ASSERT(lowest() >= lowest_);
        lowest_ = lowest();
        MemberCounts all = gone_;
        for (unsigned i = 0; i < places; ++i) {
            check_place(i);
            all += places_[i].counts;
        }
        RC_ASSERT(all.delivered + all.stepped_over + all.lost == next_ - start_ + all.again);
        RC_ASSERT(all.redelivered <= all.again);
    }

 private:
    /// By the ring's words: a word knows positions in a row, and so may have some that were released in between.
    std::deque<std::uint64_t> left_behind(unsigned index) const {
        std::deque<std::uint64_t> left;
        for (const auto& redelivery : ring_.daemon().cursor(first_subscription_ + index).redelivery) {
            const std::uint64_t word = ring::left_to(group_, redelivery.load());
            const layout::Position first = stream_.first + next_ - ((stream_.first + next_ - (word >> 16)) << 16 >> 16);
            for (std::uint64_t i = 0; i < ring::held_count(word); ++i) left.push_back(first + i - stream_.first);
        }
        return left;
    }

    /// Everything that was held, each once, and else only what that member had between two that it held.
    static void check_left_behind(const MemberPlace& place) {
        const std::set<std::uint64_t> left(place.left.begin(), place.left.end());
        RC_ASSERT(left.size() == place.left.size());
        RC_ASSERT(std::includes(left.begin(), left.end(), place.held.begin(), place.held.end()));
        for (const std::uint64_t position : left) {
            if (place.held.contains(position)) continue;
            RC_ASSERT(place.taken.contains(position));
            RC_ASSERT(position > *place.held.begin() && position < *place.held.rbegin());
        }
    }

    MemberPlace* first_with_something_left() {
        const auto found =
            std::find_if(places_.begin(), places_.end(), [](const MemberPlace& p) { return !p.left.empty(); });
        return found == places_.end() ? nullptr : &*found;
    }

    /// It holds that much that a member may refuse more: half the ring, from the lowest to the highest, or one message
    /// for each held word.
    bool may_be_full(const MemberPlace& place) const {
        if (place.held.empty()) return false;
        const std::uint64_t spanned = *place.held.rbegin() - *place.held.begin() + 1;
        return place.held.size() >= layout::held_words || spanned >= limit();
    }
    std::uint64_t limit() const { return std::max<std::uint64_t>(1, ring_.geometry().slot_count / 2); }

    void check_taken(MemberPlace& place, Error::Code code, std::span<const ring::Received> messages,
                     std::uint64_t most) {
        std::uint64_t tombstones = place.member->stepped_over() - place.counts.stepped_over;
        place.counts.stepped_over += tombstones;
        MemberPlace* source = first_with_something_left();
        for (; source != nullptr && tombstones != 0 && stream_.is(source->left.front(), Fate::tombstone);
             --tombstones) {
            pop_left(place, *source);
            source = first_with_something_left();
        }
        if (source != nullptr) {
            RC_ASSERT(tombstones == 0U);
            return check_redelivered(place, *source, code, messages);
        }
        for (; tombstones != 0; --tombstones) {
            RC_ASSERT(stream_.is(next_, Fate::tombstone));
            place.taken.insert(next_++);
        }
        check_claimed(place, code, messages, most);
    }

    static std::uint64_t pop_left(MemberPlace& place, MemberPlace& source) {
        const std::uint64_t position = source.left.front();
        source.left.pop_front();
        ++place.counts.again;
        place.taken.insert(position);
        return position;
    }

    void check_redelivered(MemberPlace& place, MemberPlace& source, Error::Code code,
                           std::span<const ring::Received> messages) {
        if (code == Error::too_many_held) {
            RC_ASSERT(may_be_full(place));
            return;
        }
        const std::uint64_t position = pop_left(place, source);
        if (stream_.is(position, Fate::too_short)) {
            RC_ASSERT(code == Error::corrupt);
            ++place.counts.lost;
            return;
        }
        RC_ASSERT(stream_.is(position, Fate::message));
        RC_ASSERT(code == ok && messages.size() == 1U);
        ++place.counts.redelivered;
        deliver(place, messages.front(), position);
    }

    void check_claimed(MemberPlace& place, Error::Code code, std::span<const ring::Received> messages,
                       std::uint64_t most) {
        if (code == Error::too_many_held) {
            RC_ASSERT(may_be_full(place));
        } else if (stream_.is_claimed(next_)) {
            RC_ASSERT(code == Error::empty);
        } else if (stream_.is(next_, Fate::too_short)) {
            RC_ASSERT(code == Error::corrupt);
            ++place.counts.lost;
            place.taken.insert(next_++);
        } else {
            RC_ASSERT(code == ok);
            for (const ring::Received& message : messages) deliver(place, message, next_++);
            RC_ASSERT(messages.size() == most || !stream_.is(next_, Fate::message) || may_be_full(place));
        }
    }

    void deliver(MemberPlace& place, const ring::Received& message, std::uint64_t position) {
        RC_ASSERT(stream_.is(position, Fate::message));
        RC_ASSERT(message.position == stream_.first + position);
        RC_ASSERT(number_in(message) == position);
        RC_ASSERT(message.lost_before == place.counts.lost - place.told_lost);
        place.told_lost = place.counts.lost;
        ++place.counts.delivered;
        RC_ASSERT(place.held.insert(position).second);
        place.taken.insert(position);
    }

    void check_place(unsigned index) const {
        const MemberPlace& place = places_[index];
        for (const std::uint64_t position : place.held) check_kept(position);
        for (const std::uint64_t position : place.left) check_kept(position);
        if (!place.member) return;
        const ring::SubscriptionSnapshot seen = ring::observe_subscription(ring_.daemon(), first_subscription_ + index);
        RC_ASSERT(seen.delivered == place.counts.delivered && seen.redelivered == place.counts.redelivered);
        RC_ASSERT(seen.stepped_over == place.counts.stepped_over && seen.lost == place.counts.lost);
        RC_ASSERT(place.member->delivered() == place.counts.delivered);
        RC_ASSERT(place.member->holds_messages() == !place.held.empty());
        RC_ASSERT(place.held.size() <= limit());
    }

    /// Its slot has not been written since.
    void check_kept(std::uint64_t position) const {
        const auto& slot = ring_.daemon().slot(stream_.first + position);
        RC_ASSERT(layout::seq_distance(slot.seq.load(), layout::seq_of(stream_.first + position)) == 0);
        if (!stream_.is(position, Fate::message)) return;
        RC_ASSERT(number_in({.payload = ring_.daemon().payload(stream_.first + position),
                             .position = stream_.first + position,
                             .length = slot.length.load()}) == position);
    }

    const InProcessRing<>& ring_;
    const Stream& stream_;
    unsigned group_;
    unsigned first_subscription_;
    bool exists_ = false;
    std::uint64_t start_ = 0;
    std::uint64_t next_ = 0;
    std::uint64_t lowest_ = 0;  ///< at the last look
    MemberCounts gone_;         ///< of members that have left
    std::array<MemberPlace, places> places_;
};

}  // namespace ringview::test
