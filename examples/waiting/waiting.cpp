// A consumer that spins and a producer that sleeps. The daemon runs inside this program.
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <string>
#include <thread>

#include <ringview/ringview.hpp>
#include <ringview/server.hpp>

int main() try {
    using namespace std::chrono_literals;
    const std::string socket = "/tmp/ringview-waiting-" + std::to_string(getpid()) + ".sock";
    ringview::Server server({.socket = socket, .log_level = "warn"});
    server.start();

    auto client = ringview::Client::connect({.socket = socket});
    client.create({.name = "prices", .format = "d", .slots = 16});
    auto consumer = client.consumer<double>("prices", {.waiting = ringview::Waiting::spin});
    auto producer = client.producer<double>("prices", {.waiting = ringview::Waiting::sleep, .spin_time = 20us});

    std::thread producing([&] {
        for (int i = 1; i <= 1000; ++i) {
            auto slot = producer.reserve();
            *slot = i;
            slot.publish();
        }
    });
    double sum = 0;
    for (int i = 1; i <= 1000; ++i) sum += *consumer.next();
    producing.join();
    std::printf("sum %.0f\n", sum);
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
