// Streams through a ring one side of which has lost its releases: ThreadSanitizer must report it. Without that it must
// be silent about the same program on std::atomic ("nothing").
#include <atomic>
#include <iostream>
#include <string_view>

#include "relaxed_stores.hpp"
#include "stream.hpp"

int main(int argc, char** argv) {
    using ringview::test::failures_of_stream;
    using ringview::test::RelaxedStores;
    // Room enough that the sides seldom wait for each other: what they do about a wait would order them, too.
    const ringview::test::StreamPlan plan{.slots = 64, .consumers = 2, .messages = 20'000};
    const ringview::test::StreamPlan of_several{.slots = 64, .consumers = 1, .messages = 10'000, .producers = 2};
    const std::string_view lost = argc == 2 ? argv[1] : "";
    unsigned failures = 0;
    if (lost == "nothing") {
        failures = failures_of_stream<>(plan);
    } else if (lost == "release_of_publish") {
        failures = failures_of_stream<RelaxedStores, std::atomic>(plan);
    } else if (lost == "release_of_release") {
        failures = failures_of_stream<std::atomic, RelaxedStores>(plan);
    } else if (lost == "nothing_of_several_producers") {
        failures = failures_of_stream<>(of_several);
    } else if (lost == "release_of_publish_of_several_producers") {
        failures = failures_of_stream<RelaxedStores, std::atomic>(of_several);
    } else {
        std::cerr << "release_canary nothing|release_of_publish|release_of_release\n";
        return 2;
    }
    std::cout << failures << " failures\n";
    return failures == 0 ? 0 : 1;
}
