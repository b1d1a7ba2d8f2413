#include "worker.hpp"

#include <signal.h>

#include <chrono>
#include <stdexcept>

#include <fmt/core.h>
#include <ringview/ringview.hpp>

#include "consuming.hpp"
#include "lives.hpp"
#include "member.hpp"
#include "producing.hpp"
#include "report.hpp"

namespace ringview::soak {
namespace {

volatile sig_atomic_t is_stopping = 0;
volatile sig_atomic_t is_to_rest = 0;

void note_signal(int signal) {
    (signal == SIGTERM ? is_stopping : is_to_rest) = 1;
}

void listen() {
    sigset_t both;
    sigemptyset(&both);
    for (const int signal : {SIGTERM, SIGUSR1}) {
        ::signal(signal, note_signal);
        sigaddset(&both, signal);
    }
    sigprocmask(SIG_UNBLOCK, &both, nullptr);
}

const char* role_name(Task::Role role) {
    return role == Task::Role::producer ? "a producer" : role == Task::Role::member ? "a member" : "a consumer";
}

bool is_refusal(const Error& error) {
    return error.code() == Error::busy || error.code() == Error::quota || error.code() == Error::exists;
}

/// A role that reads. Whatever it is, at the end it holds nothing.
template <class Reading>
Outcome read(Reading reading, Report& report) {
    while (is_stopping == 0 && is_to_rest == 0) {
        if (!reading.step()) return Outcome::evicted;
    }
    if (is_to_rest != 0) {
        if (!reading.come_to_rest(report)) return Outcome::evicted;
        report.is_at_rest.store(true);
        while (is_stopping == 0) platform::sleep_for(std::chrono::milliseconds(1));
    }
    reading.finish();
    return Outcome::fine;
}

Outcome play(const Task& task) {
    Client client = Client::connect({.socket = task.socket});
    switch (task.role) {
        case Task::Role::member:
            return read(Membership(task, std::move(client)), *task.report);
        case Task::Role::consumer:
            return read(Consuming(task, std::move(client)), *task.report);
        case Task::Role::producer:
            break;
    }
    Producing producing(task, std::move(client));
    while (is_stopping == 0) producing.step();
    return Outcome::fine;
}

}  // namespace

Outcome work(const Task& task) {
    listen();
    try {
        if (task.lives != nullptr) task.lives->note_attempt();
        return play(task);
    } catch (const Error& error) {
        if (is_refusal(error)) {
            if (task.lives != nullptr) task.lives->note_refusal();
            return Outcome::not_admitted;
        }
        fmt::print(stderr, "seed {}: {} of {}: {}\n", task.seed, role_name(task.role), task.ring, error.what());
    } catch (const std::exception& error) {
        fmt::print(stderr, "seed {}: {} of {}: {}\n", task.seed, role_name(task.role), task.ring, error.what());
    }
    return Outcome::failed;
}

}  // namespace ringview::soak
