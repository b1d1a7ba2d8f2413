#include <algorithm>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/core.h>
#include <ringview/ringview.hpp>

#include "casting.hpp"
#include "chance.hpp"
#include "checks.hpp"
#include "crew.hpp"
#include "rings.hpp"
#include "round.hpp"
#include "support/daemon.hpp"

namespace ringview::soak {
namespace {

bool is_producer(const Task& task) {
    return task.role == Task::Role::producer;
}
bool is_anybody(const Task&) {
    return true;
}

/// Some rings, each with as many producers as it takes, and readers of all kinds that were there before them.
class Scene {
 public:
    Scene(Random& random, const std::string& socket, Crew& crew)
        : random_(random), socket_(socket), crew_(crew), rings_(all_rings()) {
        std::shuffle(rings_.begin(), rings_.end(), random_);
        while (rings_.size() > most_rings) rings_.pop_back();
        // Nobody is here to evict once the daemon has gone.
        for (Ring& ring : rings_) ring.spec.stall_timeout *= 1000;
    }

    const std::vector<Ring>& rings() const noexcept { return rings_; }

    void begin(Client& client) {
        for (const Ring& ring : rings_) {
            ring.create(client);
            send_readers(ring);
        }
        crew_.wait_until([](const Task& task) { return task.report->is_attached.load(); }, "readers that attach");
        for (const Ring& ring : rings_) send_producer(ring);
        expect_progress();
    }

    /// Everybody reads or writes more than until now.
    void expect_progress() {
        for (const Worker& worker : crew_.workers()) seen_[worker.task.report] = worker.task.report->messages.load();
        crew_.wait_until([&](const Task& task) { return task.report->messages.load() > seen_[task.report]; },
                         "processes that go on");
    }

    /// Producers end, what they have published is read, and whoever must have all of it has it.
    void come_to_rest() {
        crew_.end(is_producer);
        crew_.bring_to_rest();
        for (const Worker& worker : crew_.workers()) {
            const Task& task = worker.task;
            const std::uint64_t published = producers_.at(task.ring)->messages.load();
            require(task.policy == Policy::lossy || task.report->delivered == published,
                    fmt::format("of {} messages of ring {} one that must have all has {}", published, task.ring,
                                task.report->delivered));
        }
    }

 private:
    static constexpr std::size_t most_rings = 4;

    void send_readers(const Ring& ring) {
        for (const bool is_lossy : {false, true}) {
            Task task = task_of(ring, Task::Role::consumer);
            task.policy = is_lossy ? Policy::lossy : Policy::lossless;
            if (is_lossy ? below(random_, 2) == 0 : ring.has_archive)
                make_durable(task, ring, is_lossy ? Durable::lossy : Durable::archive);
            crew_.start(task);
        }
        if (!ring.has_group) return;
        Task task = task_of(ring, Task::Role::member);
        task.ledger = ring.of_group.get();
        crew_.start(task);
    }
    void send_producer(const Ring& ring) {
        crew_.start(task_of(ring, Task::Role::producer));
        producers_[ring.name()] = crew_.workers().back().task.report;
    }
    Task task_of(const Ring& ring, Task::Role role) {
        Task task;
        task.role = role;
        task.socket = socket_;
        task.ring = ring.name();
        task.seed = random_();
        task.has_timestamps = ring.spec.timestamps;
        task.may_skip = false;
        return task;
    }

    Random& random_;
    std::string socket_;
    Crew& crew_;
    std::vector<Ring> rings_;
    std::map<std::string, Report*> producers_;
    std::map<Report*, std::uint64_t> seen_;  ///< how many messages
};

class DaemonDeath {
 public:
    DaemonDeath(std::uint64_t seed, Tally& tally) : random_(seed), tally_(tally), crew_(tally) {}

    void run() {
        Scene old(random_, daemon_.socket(), crew_);
        Client client = daemon_.client();
        old.begin(client);
        end_daemon();
        old.expect_progress();
        daemon_.start();
        for (const Ring& ring : old.rings()) expect_name_is_taken(client, ring);
        old.expect_progress();
        old.come_to_rest();
        crew_.end(is_anybody);
        for (const Ring& ring : old.rings()) ring.create(client);

        Scene anew(random_, daemon_.socket(), crew_);
        anew.begin(client);
        anew.come_to_rest();
        for (const Ring& ring : anew.rings()) compare_with_stat(client, ring, crew_, tally_);
        crew_.end(is_anybody);
        for (const Ring& ring : anew.rings()) check_left_ring(client, ring, tally_);
    }

 private:
    void end_daemon() {
        daemon_.expect_leftovers();
        if (below(random_, 2) == 0) {
            daemon_.kill();
        } else {
            const int code = daemon_.stop().code;
            require(code == 0, fmt::format("a daemon that was asked to end did so with {}", code));
        }
        ++tally_.daemons_ended;
    }

    /// Where the new daemon can see that the ring is still used. What is anonymous it cannot see.
    static void expect_name_is_taken(Client& client, const Ring& ring) {
        if (ring.spec.backend == Backend::memfd) {
            require(client.create(ring.spec), "a new daemon knows a memfd ring of the one before");
            return;
        }
        try {
            client.create(ring.spec);
        } catch (const Error& error) {
            require(error.code() == Error::exists, "create: " + error.message());
            return;
        }
        throw std::runtime_error("a new daemon has taken ring " + ring.name() + " from those that use it");
    }

    Random random_;
    Tally& tally_;
    test::Daemon daemon_;
    Crew crew_;  ///< ends before its daemon
};

}  // namespace

void run_daemon_death(std::uint64_t seed, Tally& tally) {
    DaemonDeath(seed, tally).run();
}

}  // namespace ringview::soak
