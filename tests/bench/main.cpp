#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <ringview/client.hpp>
#include <ringview/platform/child_process.hpp>
#include <ringview/platform/cpu.hpp>
#include <ringview/platform/error.hpp>
#include <ringview/server.hpp>

#include "cases.hpp"
#include "instructions.hpp"
#include "standing.hpp"

namespace {

using namespace ringview;

/// A daemon in a process of its own, as it is in life, and forked while this one has no threads yet.
class Daemon {
 public:
    explicit Daemon(const std::string& socket) {
        const pid_t parent = getpid();
        pid_ = fork();
        if (pid_ == 0) {
            platform::die_with_parent(parent);
            // Room for the largest case.
            Server({.socket = socket, .log_level = "warn", .limits = {.rings = 2000, .rings_per_user = 2000}})
                .run(true);
            _exit(0);
        }
        for (int tries = 0;; ++tries) {
            try {
                Client::connect({.socket = socket});
                return;
            } catch (const Error&) {
                if (tries == 2000) throw;
                usleep(1000);
            }
        }
    }
    pid_t pid() const noexcept { return pid_; }
    Daemon(const Daemon&) = delete;
    Daemon& operator=(const Daemon&) = delete;
    ~Daemon() {
        kill(pid_, SIGTERM);
        waitpid(pid_, nullptr, 0);
    }

 private:
    pid_t pid_ = -1;
};

struct Options {
    std::string only;
    std::string json;
    std::vector<int> cpus{0, 1};
    bool quick = false;
    bool is_counted = false;
    bool are_lossy = false;
    unsigned subscriptions = 1;
};

void run(const Options& options) {
    if (platform::usable_cpu_count() < 2) throw Error(Error::unsupported, "the benchmarks need two processors");
    const bench::Cpus cpus{options.cpus.at(0), options.cpus.at(1)};
    const bench::Effort effort = options.quick ? bench::Effort{2, 4, 0.02} : bench::Effort{};
    const platform::TemporaryDirectory directory;
    const std::string socket = directory.path() + "/ringview.sock";
    const Daemon daemon(socket);
    std::vector<bench::Figure> figures;
    for (const bench::Comparison& comparison : bench::all_comparisons(socket, cpus, effort)) {
        if (comparison.case_name.find(options.only) == std::string::npos) continue;
        fmt::print(stderr, "{} against {} ...\n", comparison.case_name, comparison.baseline);
        figures.push_back(bench::compare(comparison, cpus, effort));
    }
    const auto append = [&](std::vector<bench::Figure> more) {
        figures.insert(figures.end(), more.begin(), more.end());
    };
    append(bench::standing_figures({socket, daemon.pid(), options.quick}, options.only));
    append(bench::instruction_figures(options.only));
    if (figures.empty())
        throw Error(Error::invalid, "no case has a name that contains \"" + options.only + "\"",
                    "without --only all are measured, and the table names them");
    fmt::print("{}", bench::table(figures));
    if (options.json.empty()) return;
    std::ofstream json(options.json);
    json << bench::to_json(figures) << '\n';
    if (!json.flush()) throw Error(Error::system, "cannot write " + options.json);
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"Measures ringview and what one would otherwise use, two processes on two processors, in one run.",
                 "ringview_bench"};
    Options options;
    app.add_option("--only", options.only, "cases whose name contains this");
    app.add_option("--json", options.json, "also write the figures to this file");
    app.add_option("--cpus", options.cpus, "the two processors")->delimiter(',')->expected(2);
    app.add_flag("--quick", options.quick, "few and short measurements: shows that it runs, not how fast");
    app.add_flag("--lossy", options.are_lossy, "with --count: its subscriptions")->group("");
    app.add_flag("--count", options.is_counted, "publish and take some messages, for callgrind to count")->group("");
    app.add_option("--subscriptions", options.subscriptions)->group("");
    CLI11_PARSE(app, argc, argv);
    try {
        if (options.is_counted) return bench::run_to_be_counted(options.subscriptions, options.are_lossy);
        run(options);
        return 0;
    } catch (const std::exception& error) {
        fmt::print(stderr, "bench: {}\n", error.what());
        return 1;
    }
}
