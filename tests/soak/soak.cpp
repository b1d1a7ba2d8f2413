/// Processes of every role join a few rings, leave, are stopped and killed, at random, while each checks all that it
/// sees. After each round the daemon must have forgotten all of them.

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <random>
#include <stdexcept>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <ringview/platform/clock.hpp>
#include <ringview/ringview.hpp>

#include "ledger.hpp"
#include "support/daemon.hpp"
#include "worker.hpp"

namespace ringview::soak {
namespace {

using namespace std::chrono_literals;
using Random = std::mt19937_64;

struct Ring {
    RingSpec spec;
    std::size_t most_producers;  ///< processes that want to be
    bool has_group = false;
};

std::vector<Ring> all_rings() {
    return {{{.name = "tiny", .shape = {-1}, .slots = 4, .slot_bytes = 64}, 1},
            {{.name = "one", .shape = {-1}, .slots = 256, .slot_bytes = 300}, 2},
            {{.name = "several", .shape = {-1}, .slots = 32, .slot_bytes = 100, .producers = 4}, 4},
            {{.name = "fenced", .shape = {-1}, .slots = 16, .slot_bytes = 200, .fences = Fences::always}, 1},
            {{.name = "shared", .shape = {-1}, .slots = 64, .slot_bytes = 150, .producers = 2}, 3, true}};
}

struct Worker {
    pid_t pid;
    Task task;
    bool is_killed = false;
};

struct Tally {
    std::uint64_t started = 0;
    std::uint64_t killed = 0;
    std::uint64_t not_admitted = 0;
    std::uint64_t published = 0;
    std::uint64_t redelivered = 0;
};

/// One daemon, its rings and the processes that come and go.
class Round {
 public:
    Round(std::uint64_t seed, Tally& tally) : random_(seed), tally_(tally), client_(daemon_.client()) {
        for (const Ring& ring : rings_) {
            client_.create(ring.spec);
            if (ring.has_group) client_.subscribe(ring.spec.name, {.group = group_name});
        }
    }
    Round(const Round&) = delete;
    Round& operator=(const Round&) = delete;
    ~Round() {
        for (const Worker& worker : workers_) {
            ::kill(worker.pid, SIGKILL);
            waitpid(worker.pid, nullptr, 0);
        }
    }

    void run(std::chrono::milliseconds duration) {
        const std::int64_t end_ns = platform::monotonic_ns() + std::chrono::nanoseconds(duration).count();
        while (platform::monotonic_ns() < end_ns) {
            act();
            collect();
            platform::sleep_for(std::chrono::milliseconds(1 + below(15)));
        }
        stop_all();
        check_rings();
    }

 private:
    static constexpr std::size_t most_workers = 14;

    std::uint64_t below(std::uint64_t limit) {
        return std::uniform_int_distribution<std::uint64_t>{0, limit - 1}(random_);
    }

    void act() {
        if (workers_.size() < most_workers && below(3) != 0) return start();
        if (workers_.empty()) return;
        Worker& worker = workers_[below(workers_.size())];
        switch (below(4)) {
            case 0:
                worker.is_killed = true;
                ++tally_.killed;
                ::kill(worker.pid, SIGKILL);
                return;
            case 1:
                ::kill(worker.pid, SIGTERM);
                return;
            case 2:
                ::kill(worker.pid, SIGSTOP);
                platform::sleep_for(std::chrono::milliseconds(below(10)));
                ::kill(worker.pid, SIGCONT);
                return;
            default:
                return;
        }
    }

    void start() {
        const Ring& ring = rings_[below(rings_.size())];
        const auto producers = std::count_if(workers_.begin(), workers_.end(), [&](const Worker& w) {
            return w.task.ring == ring.spec.name && w.task.role == Task::Role::producer;
        });
        Task task;
        task.socket = daemon_.socket();
        task.ring = ring.spec.name;
        task.seed = random_();
        const bool is_producer = static_cast<std::size_t>(producers) < ring.most_producers && below(2) == 0;
        task.role = is_producer ? Task::Role::producer : Task::Role::consumer;
        if (ring.has_group && !is_producer && below(3) != 0) {
            task.role = Task::Role::member;
            task.ledger = &ledger_;
        }
        task.policy = below(2) == 0 ? Policy::lossless : Policy::lossy;
        if (below(3) == 0) task.durable_name = task.policy == Policy::lossless ? "durable" : "durable-lossy";
        std::fflush(nullptr);
        // A SIGTERM that comes before the worker listens to it waits.
        sigset_t term;
        sigemptyset(&term);
        sigaddset(&term, SIGTERM);
        sigprocmask(SIG_BLOCK, &term, nullptr);
        const pid_t pid = fork();
        if (pid == 0) _exit(static_cast<int>(work(task)));
        sigprocmask(SIG_UNBLOCK, &term, nullptr);
        if (pid < 0) throw std::runtime_error("fork failed");
        workers_.push_back({pid, task});
        ++tally_.started;
    }

    void collect() {
        for (std::size_t i = 0; i < workers_.size();) {
            int status = 0;
            if (waitpid(workers_[i].pid, &status, WNOHANG) == workers_[i].pid) {
                const Worker ended = workers_[i];
                workers_.erase(workers_.begin() + static_cast<std::ptrdiff_t>(i));
                judge(ended, status);
            } else {
                ++i;
            }
        }
    }

    void judge(const Worker& worker, int status) {
        if (worker.is_killed && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) return;
        if (WIFEXITED(status) && WEXITSTATUS(status) == static_cast<int>(Outcome::fine)) return;
        if (WIFEXITED(status) && WEXITSTATUS(status) == static_cast<int>(Outcome::not_admitted)) {
            ++tally_.not_admitted;
            return;
        }
        throw std::runtime_error(fmt::format("a process with the seed {} on ring {} ended with status {:#x}",
                                             worker.task.seed, worker.task.ring, status));
    }

    void stop_all() {
        for (const Worker& worker : workers_) ::kill(worker.pid, SIGTERM);
        const std::int64_t end_ns = platform::monotonic_ns() + std::chrono::nanoseconds(60s).count();
        while (!workers_.empty() && platform::monotonic_ns() < end_ns) {
            collect();
            platform::sleep_for(1ms);
        }
        if (!workers_.empty()) throw std::runtime_error("a process does not end when it is told to");
    }

    /// Nobody is left, and whoever comes now can read and write.
    void check_rings() {
        for (const Ring& ring : rings_) {
            wait_until_forgotten(ring.spec.name);
            if (ring.has_group) check_group(ring.spec.name);
            auto oldest = client_.consumer(ring.spec.name, {.name = "last", .start = Start::oldest});
            while (auto message = oldest.try_next()) {
            }
            for (const char* name : {"durable", "durable-lossy"}) forget(ring.spec.name, name);
            auto producer = client_.producer(ring.spec.name);
            for (std::uint64_t i = 0; i < 2 * ring.spec.slots; ++i) {
                auto slot = producer.reserve(1s);
                if (!slot) throw std::runtime_error("a ring that everybody has left is full: " + ring.spec.name);
                slot.publish();
                if (!oldest.try_next()) throw std::runtime_error("a ring that everybody has left delivers nothing");
            }
            tally_.published += client_.stat(ring.spec.name).published;
        }
    }

    /// What is left goes to a last member. Then each message that was ever published has been done with by somebody.
    void check_group(const std::string& ring) {
        {
            auto last = client_.consumer(ring, {.name = "last", .group = group_name});
            while (auto message = last.try_next()) {
                ledger_.note(message.position(), message.is_redelivered());
                ledger_.note_done(message.position());
            }
        }
        const RingInfo info = client_.stat(ring);
        const std::uint64_t done = ledger_.count_done(info.head);
        if (done != info.published || info.groups.at(0).lag != 0)
            throw std::runtime_error(fmt::format("of {} messages a group has done {}, with {} to come", info.published,
                                                 done, info.groups.at(0).lag));
        tally_.redelivered += ledger_.count_again(info.head);
        client_.unsubscribe(ring, group_name);
    }

    void wait_until_forgotten(const std::string& name) {
        const auto is_alive = [](const auto& member) { return member.alive; };
        for (unsigned tries = 0;; ++tries) {
            const RingInfo info = client_.stat(name);
            if (std::none_of(info.consumers.begin(), info.consumers.end(), is_alive) && info.producers.empty()) return;
            if (tries == 5000) throw std::runtime_error("the daemon still lists members of " + name);
            platform::sleep_for(1ms);
        }
    }

    void forget(const std::string& ring, const std::string& subscription) {
        try {
            client_.unsubscribe(ring, subscription);
        } catch (const Error& error) {
            if (error.code() != Error::not_found) throw;
        }
    }

    Random random_;
    Tally& tally_;
    test::Daemon daemon_;
    Client client_;
    std::vector<Ring> rings_ = all_rings();
    Ledger ledger_;  ///< of the one ring that has a group
    std::vector<Worker> workers_;
};

void run(std::chrono::milliseconds duration, std::uint64_t seed) {
    constexpr std::chrono::milliseconds longest_round = 10s;
    Tally tally;
    const std::int64_t end_ns = platform::monotonic_ns() + std::chrono::nanoseconds(duration).count();
    for (std::uint64_t round = 0;; ++round) {
        const std::chrono::nanoseconds left{end_ns - platform::monotonic_ns()};
        if (left < 100ms) break;
        fmt::print("round {} (--seed {})\n", round, seed);
        std::fflush(stdout);
        Round(seed, tally).run(std::min(longest_round, std::chrono::duration_cast<std::chrono::milliseconds>(left)));
        seed = Random(seed)();
    }
    fmt::print("{} processes, {} of them killed, {} not admitted; {} messages, {} redelivered\n", tally.started,
               tally.killed, tally.not_admitted, tally.published, tally.redelivered);
}

}  // namespace
}  // namespace ringview::soak

int main(int argc, char** argv) {
    CLI::App app{"Processes that join rings, leave, are stopped and killed at random, each checking all that it sees.",
                 "ringview_soak"};
    double minutes = 1;
    std::uint64_t seed = std::random_device{}();
    app.add_option("--minutes", minutes, "how long")->capture_default_str();
    app.add_option("--seed", seed, "of the first round; what processes do follows from it, when they do it does not");
    CLI11_PARSE(app, argc, argv);
    try {
        ringview::soak::run(std::chrono::milliseconds(static_cast<std::int64_t>(minutes * 60'000)), seed);
        return 0;
    } catch (const std::exception& error) {
        fmt::print(stderr, "soak: {}\n", error.what());
        return 1;
    }
}
