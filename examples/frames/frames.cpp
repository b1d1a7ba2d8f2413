// Images in a ring, sliced without copies; the daemon runs inside this program.
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <string>

#include <ringview/ringview.hpp>
#include <ringview/server.hpp>

int main() try {
    const std::string socket = "/tmp/ringview-frames-" + std::to_string(getpid()) + ".sock";
    ringview::Server server({.socket = socket, .log_level = "warn"});
    server.start();

    auto client = ringview::Client::connect({.socket = socket});
    client.create({.name = "camera", .format = "B", .shape = {480, 640, 3}, .slots = 16});
    auto producer = client.producer("camera");
    auto display = client.consumer("camera", {.policy = ringview::Policy::lossy, .start = ringview::Start::newest});

    auto slot = producer.reserve();
    const auto pixels = slot.view().as<std::uint8_t, 3>();  // checked once; indexing is free then
    for (std::ptrdiff_t y = 0; y < 480; ++y)
        for (std::ptrdiff_t x = 0; x < 640; ++x) pixels(y, x, 1) = static_cast<std::uint8_t>(x + y);
    slot.publish();

    const auto message = display.next();
    const ringview::MemoryView frame = message.view();  // B, (480, 640, 3), readonly
    const ringview::MemoryView green = frame.slice(2, 1, 2);
    const ringview::MemoryView upside_down = green.slice(0, {}, {}, -1);
    std::printf("top left %d, bottom left %d, %td bytes apart\n", int(frame.as<const std::uint8_t, 3>()(0, 0, 1)),
                int(upside_down.as<const std::uint8_t, 3>()(0, 0, 0)), frame.strides()[0]);
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
