// Two rings in one epoll. The daemon runs inside this program, and so do the producers.
#include <sys/epoll.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <string>
#include <thread>

#include <ringview/ringview.hpp>
#include <ringview/server.hpp>

using Consumer = ringview::Consumer<std::int64_t>;

struct Source {
    const char* name;
    Consumer consumer;
    std::int64_t count = 0;
    std::int64_t sum = 0;

    // Takes all that is there: only then does the descriptor tell of what comes next. False once the ring is gone.
    bool drain() {
        for (;;) {
            const auto message = consumer.try_next();
            if (!message) return message.error() == ringview::Error::empty;
            ++count;
            sum += *message;
        }
    }
};

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
    const std::string socket = "/tmp/ringview-epoll-" + std::to_string(getpid()) + ".sock";
    ringview::Server server({.socket = socket, .log_level = "warn"});
    server.start();

    auto client = ringview::Client::connect({.socket = socket});
    for (const char* ring : {"odd", "even"}) client.create({.name = ring, .format = "q", .slots = 16});
    Source sources[] = {{"odd", client.consumer<std::int64_t>("odd")}, {"even", client.consumer<std::int64_t>("even")}};

    const int epoll = epoll_create1(EPOLL_CLOEXEC);
    for (Source& source : sources) {
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.ptr = &source;
        epoll_ctl(epoll, EPOLL_CTL_ADD, source.consumer.event_fd(), &event);
    }

    std::thread producing(produce, socket);
    for (int open = 2; open > 0;) {
        epoll_event event;
        if (epoll_wait(epoll, &event, 1, -1) != 1) continue;
        auto& source = *static_cast<Source*>(event.data.ptr);
        if (source.drain()) continue;
        epoll_ctl(epoll, EPOLL_CTL_DEL, source.consumer.event_fd(), nullptr);
        --open;
    }
    producing.join();
    close(epoll);
    for (const Source& source : sources)
        std::printf("%s: %lld numbers, sum %lld\n", source.name, static_cast<long long>(source.count),
                    static_cast<long long>(source.sum));
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
