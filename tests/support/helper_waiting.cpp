#include "support/helper_waiting.hpp"

#include <poll.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <stdexcept>

#include <ringview/ringview.hpp>

#include "support/forbidden_call.hpp"

namespace ringview::test {
namespace {

Message<std::int64_t> wait_for_event(Consumer<std::int64_t>& consumer) {
    for (;;) {
        Message<std::int64_t> message = consumer.try_next();
        if (message || message.error() != Error::empty) return message;
        pollfd entry{consumer.event_fd(), POLLIN, 0};
        poll(&entry, 1, -1);
    }
}

}  // namespace

int echo(const std::vector<std::string>& arguments) {
    Client client = Client::connect({.socket = arguments.at(0)});
    auto consumer = client.consumer<std::int64_t>(arguments.at(1), {.name = arguments.at(3)});
    auto producer = client.producer<std::int64_t>(arguments.at(2));
    const std::int64_t count = std::stoll(arguments.at(4));
    const bool uses_event_fd = arguments.at(5) == "event_fd";
    if (uses_event_fd) consumer.event_fd();
    std::puts("attached");
    std::fflush(stdout);
    for (std::int64_t expected = 0; expected < count; ++expected) {
        const auto message = uses_event_fd ? wait_for_event(consumer) : consumer.next();
        if (!message) throw std::runtime_error("next: " + message.error().message());
        if (*message != expected) throw std::runtime_error("got " + std::to_string(*message));
        auto slot = producer.reserve();
        if (!slot) throw std::runtime_error("reserve: " + slot.error().message());
        *slot = expected;
        slot.publish();
    }
    return 0;
}

int without_call(const std::vector<std::string>& arguments) {
    if (arguments.at(0) == "madvise_populate")
        forbid_populating();
    else
        forbid_call(call_named(arguments.at(0).c_str()));
    std::vector<char*> argv;
    for (std::size_t i = 1; i < arguments.size(); ++i) argv.push_back(const_cast<char*>(arguments[i].c_str()));
    argv.push_back(nullptr);
    execv(argv[0], argv.data());
    throw std::runtime_error("cannot run " + arguments.at(1));
}

}  // namespace ringview::test
