#include <cstddef>
#include <cstdio>

#include <ringview/ringview.hpp>

#include "quote.hpp"

int main() try {
    auto client = ringview::Client::connect();
    client.create({.name = "quotes", .format = ringview::format_of<Quote>(), .slots = 1024});
    auto consumer = client.consumer<Quote>("quotes");
    auto producer = client.producer<Quote>("quotes");

    auto slots = producer.reserve(32);  // waits for one, and takes up to 32 that are free
    for (std::size_t i = 0; i < slots.size(); ++i) slots[i]->size = 10;
    slots.publish();

    unsigned long long total = 0;
    for (auto message : consumer.next(32)) total += message->size;  // waits for one, and takes up to 32 that are ready
    std::printf("%llu in one batch\n", total);
} catch (const ringview::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
