// Two workers that share the jobs of a ring. The daemon runs inside this program.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <string>
#include <thread>
#include <utility>

#include <boost/describe.hpp>
#include <ringview/ringview.hpp>
#include <ringview/server.hpp>

struct Job {
    std::uint32_t number;
};
BOOST_DESCRIBE_STRUCT(Job, (), (number))

std::array<std::atomic<bool>, 1000> done;

bool is_done(const Job& job) {
    return done[job.number];
}
void work_on(const Job& job) {
    done[job.number] = true;
}

void work(ringview::Consumer<Job> worker) {
    while (auto job = worker.next()) {
        if (job.is_redelivered() && is_done(*job)) continue;  // by one that died before it released the job
        work_on(*job);
    }  // released here: done
}

int main() try {
    const std::string socket = "/tmp/ringview-groups-" + std::to_string(getpid()) + ".sock";
    ringview::Server server({.socket = socket, .log_level = "warn"});
    server.start();

    auto client = ringview::Client::connect({.socket = socket});
    client.create({.name = "jobs", .format = ringview::format_of<Job>(), .slots = 16});
    std::thread threads[2];
    for (std::thread& thread : threads) {
        auto worker = client.consumer<Job>("jobs", {.group = "workers"});
        thread = std::thread(work, std::move(worker));
    }

    auto producer = client.producer<Job>("jobs");
    for (std::uint32_t number = 0; number < done.size(); ++number) {
        auto slot = producer.reserve();
        slot->number = number;
        slot.publish();
    }
    client.remove("jobs");  // what was published is delivered, then the workers are told
    for (std::thread& thread : threads) thread.join();
    std::printf("%td of %zu jobs done\n", std::count(done.begin(), done.end(), true), done.size());
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
