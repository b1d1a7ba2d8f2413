#include "standing.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <functional>
#include <new>
#include <stdexcept>

#include <fmt/core.h>
#include <ringview/platform/child_process.hpp>
#include <ringview/platform/clock.hpp>
#include <ringview/platform/cpu.hpp>
#include <ringview/ringview.hpp>

#include "payload.hpp"
#include "statistics.hpp"
#include "two_processes.hpp"

namespace ringview::bench {
namespace {

/// Rings of the smallest size, as long as it lives.
class Rings {
 public:
    Rings(const std::string& socket, unsigned count) : client_(Client::connect({.socket = socket})), count_(count) {
        for (unsigned i = 0; i < count_; ++i) client_.create({.name = name(i), .shape = {64}, .slots = 16});
    }
    Rings(const Rings&) = delete;
    Rings& operator=(const Rings&) = delete;
    ~Rings() {
        for (unsigned i = 0; i < count_; ++i) client_.remove(name(i));
    }
    static std::string name(unsigned i) { return fmt::format("bench/standing/{}", i); }
    Client& client() { return client_; }

 private:
    Client client_;
    unsigned count_;
};

/// Connect, attach, first message: what a program waits for when it starts.
double attach_us(const std::string& socket, unsigned ring_count, unsigned samples) {
    Rings rings(socket, ring_count);
    auto producer = rings.client().producer(Rings::name(0));
    producer.reserve().publish();
    std::vector<double> times_us;
    for (unsigned i = 0; i < samples; ++i) {
        const std::int64_t begin_ns = platform::monotonic_ns();
        auto client = Client::connect({.socket = socket});
        auto consumer = client.consumer(Rings::name(0), {.start = Start::oldest});
        if (!consumer.try_next()) throw std::runtime_error("the first message is not there");
        times_us.push_back(static_cast<double>(platform::monotonic_ns() - begin_ns) / 1e3);
    }
    return median(times_us);
}

std::int64_t cpu_time_ns(pid_t pid) {
    clockid_t clock = 0;
    timespec time{};
    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &time) != 0)
        throw std::runtime_error("the processor time of another process cannot be read");
    return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

double cpu_percent(pid_t process, std::chrono::seconds duration) {
    const std::int64_t cpu_ns = cpu_time_ns(process);
    const std::int64_t begin_ns = platform::monotonic_ns();
    platform::sleep_for(duration);
    return 100 * static_cast<double>(cpu_time_ns(process) - cpu_ns) /
           static_cast<double>(platform::monotonic_ns() - begin_ns);
}

/// Of a process that waits in next() for a message that does not come, in percent of a processor.
double idle_cpu_percent(const std::string& socket, std::chrono::seconds duration) {
    Rings rings(socket, 1);
    const pid_t parent = getpid();
    std::fflush(nullptr);
    const pid_t sleeper = fork();
    if (sleeper == 0) {
        platform::die_with_parent(parent);
        auto consumer = Client::connect({.socket = socket}).consumer(Rings::name(0), {.name = "sleeper"});
        (void)consumer.next();
        _exit(0);
    }
    const auto is_asleep = [&] {
        const auto info = rings.client().stat(Rings::name(0));
        return !info.consumers.empty() && info.consumers[0].waiting;
    };
    for (unsigned tries = 0; tries < 2000 && !is_asleep(); ++tries) usleep(1000);
    const double percent = cpu_percent(sleeper, duration);
    kill(sleeper, SIGKILL);
    waitpid(sleeper, nullptr, 0);
    return percent;
}

/// Of a process that does nothing but sleep for as long as a sleeping consumer does at a time.
double bare_sleep_cpu_percent(std::chrono::seconds duration) {
    const pid_t parent = getpid();
    std::fflush(nullptr);
    const pid_t sleeper = fork();
    if (sleeper == 0) {
        platform::die_with_parent(parent);
        for (;;) platform::sleep_for(std::chrono::milliseconds(100));
    }
    platform::sleep_for(std::chrono::milliseconds(200));  // its start is not counted
    const double percent = cpu_percent(sleeper, duration);
    kill(sleeper, SIGKILL);
    waitpid(sleeper, nullptr, 0);
    return percent;
}

/// What the daemon has in memory beside shared memory.
double daemon_mib(pid_t daemon) {
    std::ifstream status(fmt::format("/proc/{}/status", daemon));
    double kib = 0;
    for (std::string word; status >> word;) {
        double value = 0;
        if ((word == "RssAnon:" || word == "RssFile:") && status >> value) kib += value;
    }
    return kib / 1024;
}

double daemon_mib_with_rings(const StandingParameters& p, unsigned ring_count) {
    const Rings rings(p.daemon_socket, ring_count);
    return daemon_mib(p.daemon_pid);
}

/// So many processes write one ring, this one reads it, on whatever processors there are.
double message_ns(const std::string& socket, std::uint32_t producer_count, std::uint64_t messages) {
    constexpr const char* name = "bench/standing/shared";
    auto client = Client::connect({.socket = socket});
    client.create({.name = name, .shape = {64}, .slots = 1024, .producers = producer_count});
    auto consumer = client.consumer(name);
    const SharedMemory memory(sizeof(Shared));
    auto& shared = *new (memory.data()) Shared;
    const pid_t parent = getpid();
    std::vector<pid_t> producers;
    std::fflush(nullptr);
    for (std::uint32_t i = 0; i < producer_count; ++i) {
        producers.push_back(fork());
        if (producers.back() != 0) continue;
        platform::die_with_parent(parent);
        auto producer = Client::connect({.socket = socket}).producer(name);
        shared.ready.fetch_add(1);
        while (shared.ping.load() == 0) platform::yield();
        for (std::uint64_t n = i; n < messages; n += producer_count) {
            auto slot = producer.reserve();
            write_payload(slot.bytes().data(), line_bytes, n);
            slot.publish();
        }
        _exit(0);
    }
    while (shared.ready.load() != producer_count) platform::yield();
    shared.ping.store(1);
    const std::int64_t begin_ns = platform::monotonic_ns();
    for (std::uint64_t n = 0; n < messages; ++n) (void)consumer.next();
    const std::int64_t end_ns = platform::monotonic_ns();
    for (const pid_t producer : producers) waitpid(producer, nullptr, 0);
    client.remove(name);
    return static_cast<double>(end_ns - begin_ns) / static_cast<double>(messages);
}

double median_message_ns(const StandingParameters& p, std::uint32_t producer_count) {
    std::vector<double> samples;
    for (unsigned i = 0; i < (p.is_quick ? 1U : 7U); ++i)
        samples.push_back(message_ns(p.daemon_socket, producer_count, p.is_quick ? 10'000 : 2'000'000));
    return median(samples);
}

}  // namespace

std::vector<Figure> standing_figures(const StandingParameters& p, const std::string& only) {
    std::vector<Figure> figures;
    const auto add = [&](const char* bench, const char* case_name, const char* unit, double limit,
                         const std::function<double()>& measure) {
        if (std::string(case_name).find(only) == std::string::npos) return;
        fmt::print(stderr, "{} ...\n", case_name);
        Figure f;
        f.bench = bench;
        f.case_name = case_name;
        f.unit = unit;
        f.value = measure();
        f.baseline = "limit";
        f.baseline_value = limit;
        f.ratio = f.value / limit;
        f.target = 1;
        figures.push_back(f);
    };
    // First, before the daemon's heap has grown for something larger.
    add("memory", "memory/daemon/100rings", "MiB", 16, [&] { return daemon_mib_with_rings(p, 100); });
    const unsigned samples = p.is_quick ? 5 : 200;
    constexpr double most_attach_us = 1000;
    add("attach", "attach/1ring", "us", most_attach_us, [&] { return attach_us(p.daemon_socket, 1, samples); });
    add("attach", "attach/100rings", "us", most_attach_us, [&] { return attach_us(p.daemon_socket, 100, samples); });
    if (!p.is_quick) {
        add("attach", "attach/1000rings", "us", most_attach_us,
            [&] { return attach_us(p.daemon_socket, 1000, samples); });
    }
    const std::chrono::seconds idle_duration{p.is_quick ? 1 : 10};
    add("idle", "idle/sleeping_consumer", "% cpu", 0.1,
        [&] { return idle_cpu_percent(p.daemon_socket, idle_duration); });
    if (!figures.empty() && figures.back().bench == "idle") {
        Figure f = figures.back();
        f.baseline = "bare_sleep";
        f.baseline_value = bare_sleep_cpu_percent(idle_duration);
        f.ratio = f.value / f.baseline_value;
        f.target = 0;
        figures.push_back(f);
    }
    double one_producer_ns = 0;
    for (const std::uint32_t count : {1U, 2U, 3U, 4U}) {
        const std::string case_name = fmt::format("scaling/{}producer{}", count, count == 1 ? "" : "s");
        if (case_name.find(only) == std::string::npos) continue;
        if (count == 1 || one_producer_ns == 0) one_producer_ns = median_message_ns(p, 1);
        fmt::print(stderr, "{} ...\n", case_name);
        Figure f;
        f.bench = "scaling";
        f.case_name = case_name;
        f.unit = "ns/msg";
        f.value = count == 1 ? one_producer_ns : median_message_ns(p, count);
        f.baseline = "scaling/1producer";
        f.baseline_value = one_producer_ns;
        f.ratio = f.value / f.baseline_value;
        figures.push_back(f);
    }
    return figures;
}

}  // namespace ringview::bench
