#pragma once

#include <sys/types.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <vector>

#include "report.hpp"
#include "shared.hpp"
#include "worker.hpp"

namespace ringview::soak {

struct Tally {
    std::uint64_t started = 0;
    std::uint64_t killed = 0;
    std::uint64_t evicted = 0;
    std::uint64_t not_admitted = 0;
    std::uint64_t published = 0;
    std::uint64_t redelivered = 0;
    std::uint64_t lives = 0;          ///< of durable subscriptions
    std::uint64_t resumed_again = 0;  ///< positions with which one of them began though the one before had passed them
    std::uint64_t given_up = 0;
    std::uint64_t not_given_up = 0;
    std::uint64_t compared = 0;
    std::uint64_t daemons_ended = 0;
};

struct Worker {
    pid_t pid;
    Task task;
    bool is_killed = false;
};

/// The processes that run now. Each that ends is asked how it went.
class Crew {
 public:
    static constexpr std::size_t most = 14;

    explicit Crew(Tally& tally) : tally_(tally) {}
    Crew(const Crew&) = delete;
    Crew& operator=(const Crew&) = delete;
    ~Crew();

    const std::vector<Worker>& workers() const noexcept { return workers_; }
    bool is_full() const noexcept { return workers_.size() == most; }
    /// Gives it a report.
    void start(Task task);
    void kill(std::size_t index);
    void signal(std::size_t index, int signal) const { ::kill(workers_[index].pid, signal); }
    /// Those that have ended. Throws where one has not found all as it must be.
    void collect();
    /// Asks those of whom `is_meant(task)` is true to end, and waits until they have.
    template <class Predicate>
    void end(Predicate is_meant) {
        for (const Worker& worker : workers_) {
            if (is_meant(worker.task)) ::kill(worker.pid, SIGTERM);
        }
        wait_until([&](const Task& task) { return !is_meant(task); }, "processes that were asked to end");
    }
    template <class Predicate>
    std::size_t count(Predicate is_meant) const {
        std::size_t found = 0;
        for (const Worker& worker : workers_) found += is_meant(worker.task) ? 1 : 0;
        return found;
    }
    /// It is true of the task of each that has not ended.
    template <class Predicate>
    void wait_until(Predicate is_true, const char* what) {
        for (unsigned tries = 0; collect(), count(is_true) != workers_.size(); ++tries) wait_a_little(tries, what);
    }
    /// Consumers and members take all there is, and then stand still.
    void bring_to_rest();

 private:
    void judge(const Worker& worker, int status);
    static void wait_a_little(unsigned tries, const char* what);

    Tally& tally_;
    Shared<std::array<Report, most>> reports_;
    std::vector<Worker> workers_;
};

}  // namespace ringview::soak
