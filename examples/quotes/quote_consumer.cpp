#include <chrono>
#include <cstdio>

#include <ringview/ringview.hpp>

#include "quote.hpp"

int main() try {
    using namespace std::chrono_literals;
    auto client = ringview::Client::connect();
    auto consumer = client.consumer<Quote>("quotes", {.name = "pricer", .start = ringview::Start::oldest});
    while (auto message = consumer.next(1s)) {  // until nothing has come for a second
        std::printf("%llu: bid %.1f ask %.1f size %u\n", static_cast<unsigned long long>(message.position()),
                    message->bid, message->ask, message->size);
    }  // the message goes back to its producer here
} catch (const ringview::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
