#include <cstdio>

#include <ringview/ringview.hpp>

#include "quote.hpp"

int main() try {
    auto client = ringview::Client::connect();
    client.create({.name = "quotes", .format = ringview::format_of<Quote>(), .slots = 1024});
    auto producer = client.producer<Quote>("quotes");
    for (unsigned i = 0; i < 10; ++i) {
        auto slot = producer.reserve();  // waits while every slot is unread
        slot->bid = 100 + i;             // written where the consumers will read it
        slot->ask = 101 + i;
        slot->size = 10 * i;
        slot.publish();
    }
} catch (const ringview::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
