// Two rings in one Boost.Asio io_context, a coroutine each. The daemon runs inside this program, and so do the
// producers.
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <string>
#include <thread>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <ringview/ringview.hpp>
#include <ringview/server.hpp>

namespace asio = boost::asio;
using Consumer = ringview::Consumer<std::int64_t>;

asio::awaitable<void> add_up(Consumer consumer, std::int64_t& sum) {
    // Asio closes the descriptor that it is given, so it gets a copy.
    asio::posix::stream_descriptor ready(co_await asio::this_coro::executor, dup(consumer.event_fd()));
    for (;;) {
        co_await ready.async_wait(asio::posix::stream_descriptor::wait_read, asio::use_awaitable);
        for (;;) {  // all that is there: only then does the descriptor tell of what comes next
            const auto message = consumer.try_next();
            if (!message && message.error() != ringview::Error::empty) co_return;  // the ring is gone
            if (!message) break;
            sum += *message;
        }
    }
}

void produce(const std::string& socket) {
    auto client = ringview::Client::connect({.socket = socket});
    auto odd = client.producer<std::int64_t>("odd");
    auto even = client.producer<std::int64_t>("even");
    for (std::int64_t i = 1; i <= 1000; ++i) {
        auto slot = (i % 2 == 0 ? even : odd).reserve();
        *slot = i;
        slot.publish();
    }
    client.remove("odd");  // what was published is delivered, then the consumers are told
    client.remove("even");
}

int main() try {
    const std::string socket = "/tmp/ringview-asio-" + std::to_string(getpid()) + ".sock";
    ringview::Server server({.socket = socket, .log_level = "warn"});
    server.start();

    auto client = ringview::Client::connect({.socket = socket});
    for (const char* ring : {"odd", "even"}) client.create({.name = ring, .format = "q", .slots = 16});

    asio::io_context loop;
    std::int64_t odd = 0;
    std::int64_t even = 0;
    asio::co_spawn(loop, add_up(client.consumer<std::int64_t>("odd"), odd), asio::detached);
    asio::co_spawn(loop, add_up(client.consumer<std::int64_t>("even"), even), asio::detached);
    std::thread producing(produce, socket);
    loop.run();  // until both rings are gone
    producing.join();
    std::printf("odd: %lld\neven: %lld\n", static_cast<long long>(odd), static_cast<long long>(even));
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
