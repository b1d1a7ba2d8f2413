#include <algorithm>
#include <chrono>
#include <fstream>
#include <sstream>
#include <thread>

#include <boost/describe.hpp>
#include <ringview/ringview.hpp>

#include "demo.hpp"

namespace ringview::cli::demo {
namespace {

/// A processor's line of /proc/stat, in clock ticks since boot (proc(5)).
struct CpuTimes {
    std::uint32_t cpu;
    std::uint64_t user;
    std::uint64_t nice;
    std::uint64_t system;
    std::uint64_t idle;
    std::uint64_t iowait;
    std::uint64_t irq;
    std::uint64_t softirq;
    std::uint64_t steal;

    std::uint64_t total() const { return user + nice + system + idle + iowait + irq + softirq + steal; }
};
BOOST_DESCRIBE_STRUCT(CpuTimes, (), (cpu, user, nice, system, idle, iowait, irq, softirq, steal))

/// More processors than this are not shown.
constexpr std::size_t max_cpus = 1024;
constexpr std::chrono::milliseconds interval{100};

/// Parses `cpuN user nice …` lines straight into a slot. Returns how many there were.
std::size_t read_cpu_times(std::span<CpuTimes> times) {
    std::ifstream file("/proc/stat");
    std::size_t count = 0;
    for (std::string line; count < times.size() && std::getline(file, line);) {
        if (!line.starts_with("cpu") || line.starts_with("cpu ")) continue;
        std::istringstream fields(line.substr(3));
        CpuTimes& t = times[count++];
        fields >> t.cpu >> t.user >> t.nice >> t.system >> t.idle >> t.iowait >> t.irq >> t.softirq >> t.steal;
    }
    return count;
}

double load_between(const CpuTimes& before, const CpuTimes& after) {
    const double total = static_cast<double>(after.total() - before.total());
    const double idle = static_cast<double>(after.idle + after.iowait - before.idle - before.iowait);
    return total <= 0 ? 0 : std::clamp(100 * (1 - idle / total), 0.0, 100.0);
}

}  // namespace

void create_rings(const std::string& socket) {
    Client client = Client::connect({.socket = socket});
    client.create({.name = telemetry_ring,
                   .format = format_of<CpuTimes>(),
                   .shape = {-1},
                   .slots = 64,
                   .slot_bytes = max_cpus * sizeof(CpuTimes)});
    client.create({.name = file_ring, .shape = {-1}, .slots = file_slots, .slot_bytes = file_slot_bytes});
}

void produce_telemetry(const std::string& socket, bool (*is_done)()) {
    auto producer = Client::connect({.socket = socket}).producer<CpuTimes>(telemetry_ring, {.name = "proc-stat"});
    bool is_last = false;
    for (unsigned samples = 0; !is_last; ++samples) {
        is_last = is_done() && samples >= least_samples;
        auto slot = producer.reserve();
        if (!slot) throw std::system_error(slot.error(), telemetry_ring);
        // A message without records is the end.
        slot.resize(is_last ? 0 : read_cpu_times(slot.elements()) * sizeof(CpuTimes));
        slot.publish();
        if (!is_last) std::this_thread::sleep_for(interval);
    }
}

std::vector<double> consume_telemetry(const std::string& socket, const std::string& name) {
    auto consumer =
        Client::connect({.socket = socket}).consumer<CpuTimes>(telemetry_ring, {.name = name, .start = Start::oldest});
    std::vector<CpuTimes> first;
    std::vector<double> loads;
    for (;;) {
        const auto message = consumer.next();
        if (!message) throw std::system_error(message.error(), telemetry_ring);
        const std::span<const CpuTimes> now = message.elements();
        if (now.empty()) return loads;
        if (first.empty()) first.assign(now.begin(), now.end());
        loads.clear();
        for (std::size_t i = 0; i < std::min(now.size(), first.size()); ++i)
            loads.push_back(load_between(first[i], now[i]));
    }
}

}  // namespace ringview::cli::demo
