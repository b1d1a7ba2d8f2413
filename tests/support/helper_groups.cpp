#include "support/helper_groups.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <stdexcept>

#include <ringview/platform/unique_fd.hpp>
#include <ringview/ringview.hpp>

#include "support/numbered.hpp"

namespace ringview::test {
namespace {

using Arguments = std::vector<std::string>;

Consumer<> attach(const Arguments& a) {
    Consumer<> member = Client::connect({.socket = a.at(0)})
                            .consumer(a.at(1), {.name = a.at(3), .start = Start::oldest, .group = a.at(2)});
    std::puts("attached");
    std::fflush(stdout);
    return member;
}

/// One write: a line is there whole or not at all, whenever we are killed.
void append(int fd, const std::string& line) {
    if (write(fd, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
        throw std::runtime_error("cannot write to the log");
}

Message<> wait_by(const std::string& way, Consumer<>& member) {
    if (way == "next") return member.next();
    for (;;) {
        Message<> message = member.try_next();
        if (message || message.error() != Error::empty) return message;
        pollfd entry{member.event_fd(), POLLIN, 0};
        poll(&entry, 1, -1);
    }
}

}  // namespace

int work(const Arguments& a) {
    const platform::UniqueFd log(open(a.at(4).c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
    const std::size_t batch = std::stoul(a.at(5));
    Consumer<> member = attach(a);
    for (;;) {
        const MessageBatch<> messages = member.next(batch);
        if (!messages && messages.error() == Error::removed) return 0;
        if (!messages) throw std::runtime_error("next: " + messages.error().message());
        for (const auto message : messages) {
            const std::string position = std::to_string(message.position());
            if (!is_numbered(message.bytes(), message.position())) throw std::runtime_error("torn at " + position);
            append(log.get(), position + (message.is_redelivered() ? " again\n" : "\n"));
        }
    }
}

int tell_waits(const Arguments& a) {
    Consumer<> member = attach(a);
    if (a.at(4) == "event_fd") member.event_fd();
    for (;;) {
        const auto begin = std::chrono::steady_clock::now();
        const Message<> message = wait_by(a.at(4), member);
        const auto waited = std::chrono::floor<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
        if (!message && message.error() == Error::removed) return 0;
        if (!message) throw std::runtime_error("next: " + message.error().message());
        std::printf("%llu %lld\n", static_cast<unsigned long long>(message.position()),
                    static_cast<long long>(waited.count()));
        std::fflush(stdout);
    }
}

}  // namespace ringview::test
