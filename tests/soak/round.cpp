#include "round.hpp"

#include <algorithm>

#include <ringview/platform/clock.hpp>
#include <ringview/ringview.hpp>

#include "casting.hpp"
#include "chance.hpp"
#include "checks.hpp"
#include "crew.hpp"
#include "rings.hpp"
#include "support/daemon.hpp"

namespace ringview::soak {
namespace {

class Round {
 public:
    Round(std::uint64_t seed, Tally& tally)
        : random_(seed), tally_(tally), client_(daemon_.client()), rings_(all_rings()), crew_(tally) {
        for (const Ring& ring : rings_) ring.create(client_);
    }

    void run(std::chrono::milliseconds duration) {
        const std::int64_t end_ns = platform::monotonic_ns() + std::chrono::nanoseconds(duration).count();
        while (platform::monotonic_ns() < end_ns) {
            act();
            crew_.collect();
            platform::sleep_for(std::chrono::milliseconds(1 + below(random_, 15)));
        }
        come_to_rest();
        crew_.end([](const Task&) { return true; });
        for (const Ring& ring : rings_) check_left_ring(client_, ring, tally_);
    }

 private:
    Ring& some_ring() { return rings_[below(random_, rings_.size())]; }

    void act() {
        if (below(random_, 16) == 0) return give_something_up();
        if (below(random_, 32) == 0) return evict_somebody();
        if (!crew_.is_full() && below(random_, 3) != 0)
            return crew_.start(some_task(random_, some_ring(), crew_, daemon_.socket()));
        if (crew_.workers().empty()) return;
        const std::size_t chosen = below(random_, crew_.workers().size());
        // Most of those are to see how it ends.
        if (crew_.workers()[chosen].task.report->is_standing_still.load() && below(random_, 8) != 0) return;
        switch (below(random_, 4)) {
            case 0:
                return crew_.kill(chosen);
            case 1:
                return crew_.signal(chosen, SIGTERM);
            case 2:
                crew_.signal(chosen, SIGSTOP);
                platform::sleep_for(std::chrono::milliseconds(below(random_, 10)));
                return crew_.signal(chosen, SIGCONT);
            default:
                return;
        }
    }

    /// A durable subscription or a group that nobody is attached to; who is attached to one does not notice.
    void give_something_up() {
        Ring& ring = some_ring();
        if (ring.has_group && below(random_, 2) == 0) return give_group_up(ring);
        const Durable durable = below(random_, 2) == 0 ? Durable::lossless : Durable::lossy;
        ring.lives_of(durable).give_up([&] { return unsubscribe(ring, name_of(durable)); });
    }

    /// And declared anew, where no member was quicker: from then on it has all that is published.
    void give_group_up(Ring& ring) {
        const std::uint64_t first = client_.stat(ring.name()).groups.at(0).pos;
        if (!unsubscribe(ring, group_name)) return;
        client_.subscribe(ring.name(), {.group = group_name});
        ring.given_up.push_back({first, client_.stat(ring.name()).head});
    }

    /// At once, while it may be reading and releasing, where that is safe. It may also be away.
    void evict_somebody() {
        const auto ring =
            std::find_if(rings_.begin(), rings_.end(), [](const Ring& r) { return r.has_stall_timeout(); });
        const RingInfo info = client_.stat(ring->name());
        if (info.consumers.empty()) return;
        const ConsumerInfo& chosen = info.consumers[below(random_, info.consumers.size())];
        if (chosen.policy == Policy::lossy) return;
        try {
            client_.evict(ring->name(), chosen.name);
        } catch (const Error& error) {
            if (error.code() != Error::not_found) throw;  // it has left
        }
    }

    bool unsubscribe(const Ring& ring, const char* name) {
        try {
            client_.unsubscribe(ring.name(), name);
            ++tally_.given_up;
            return true;
        } catch (const Error& error) {
            if (error.code() != Error::busy && error.code() != Error::not_found) throw;
            ++tally_.not_given_up;
            return false;
        }
    }

    /// What is published and not read yet is read, and then all counters stand still.
    void come_to_rest() {
        crew_.end([](const Task& task) { return task.role == Task::Role::producer; });
        for (const Ring& ring : rings_) wait_until_no_producers(client_, ring);
        crew_.bring_to_rest();
        for (const Ring& ring : rings_) compare_with_stat(client_, ring, crew_, tally_);
    }

    Random random_;
    Tally& tally_;
    test::Daemon daemon_;
    Client client_;
    std::vector<Ring> rings_;
    Crew crew_;  ///< ends before its rings and its daemon
};

}  // namespace

void run_round(std::uint64_t seed, std::chrono::milliseconds duration, Tally& tally) {
    Round(seed, tally).run(duration);
}

}  // namespace ringview::soak
