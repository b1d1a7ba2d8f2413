#include "demo.hpp"

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <list>
#include <memory>
#include <optional>
#include <thread>

#include <fmt/format.h>
#include <ringview/platform/child_process.hpp>
#include <ringview/platform/process.hpp>
#include <ringview/ringview.hpp>
#include <ringview/server.hpp>

#include "command.hpp"
#include "output.hpp"
#include "stop_request.hpp"
#include "text.hpp"

namespace ringview::cli {
namespace {

using platform::ChildProcess;

constexpr const char* consumer_names[] = {"left", "right"};
/// How long the reporting process looks at one process before it looks at the others and at the user.
constexpr std::chrono::milliseconds glance{5};
constexpr std::chrono::milliseconds before_stat{250};

struct RoleOptions {
    std::string role;
    std::string socket;
    std::string file;
    std::string result;
    std::string name;
    std::uint64_t least_bytes = 0;
    pid_t parent = 0;
};

std::atomic<bool> file_is_done{false};

/// An error ends the process at once: the other thread could be waiting for ever.
template <class Work>
void or_exit(Work&& work) {
    try {
        work();
    } catch (const std::exception& error) {
        fmt::print(stderr, "ringview demo: {}\n", error.what());
        std::_Exit(1);
    }
}

void run_producer(const RoleOptions& options) {
    std::thread telemetry(
        [&] { or_exit([&] { demo::produce_telemetry(options.socket, [] { return file_is_done.load(); }); }); });
    const auto before_leaving = [&] {
        file_is_done = true;
        telemetry.join();
    };
    demo::save(demo::produce_file(options.socket, options.file, options.least_bytes, before_leaving), options.result);
}

void run_consumer(const RoleOptions& options) {
    std::vector<double> loads;
    std::thread telemetry([&] { or_exit([&] { loads = demo::consume_telemetry(options.socket, options.name); }); });
    const demo::FileResult result = demo::consume_file(options.socket, options.name, [&] { telemetry.join(); });
    std::ofstream(options.result + ".loads") << fmt::format("{:.0f} %", fmt::join(loads, " %, "));
    demo::save(result, options.result);
}

void run_role(const RoleOptions& options) {
    platform::die_with_parent(options.parent);
    or_exit([&] { options.role == "producer" ? run_producer(options) : run_consumer(options); });
}

/// The processes of the demo and where they leave their results.
class Stage {
 public:
    Stage(std::string socket, std::string directory) : socket_(std::move(socket)), directory_(std::move(directory)) {}

    void start(const std::string& role, const std::string& name, const std::vector<std::string>& more = {}) {
        std::vector<std::string> words{platform::own_program_path(),
                                       "demo-process",
                                       "--role",
                                       role,
                                       "--at",
                                       socket_,
                                       "--name",
                                       name,
                                       "--result",
                                       result_path(name),
                                       "--parent",
                                       std::to_string(platform::current_pid())};
        words.insert(words.end(), more.begin(), more.end());
        processes_.emplace_back(words);
    }
    /// Waits a moment for processes that have not ended. Throws where a process has failed or the user wants to stop:
    /// unwinding ends the others.
    void supervise() {
        std::optional<int> status = processes_.front().wait_for(glance);
        for (auto process = processes_.begin(); process != processes_.end();) {
            if (!status) status = process->wait_for(std::chrono::milliseconds{0});
            if (is_stop_requested()) throw Error(Error::closed, "stopped before the end");
            if (status.value_or(0) != 0)
                throw Error(Error::system, fmt::format("a process of the demo ended with status {}", *status));
            process = status ? processes_.erase(process) : std::next(process);
            status.reset();
        }
    }
    bool has_ended() const noexcept { return processes_.empty(); }
    std::string result_path(const std::string& name) const { return directory_ + "/" + name; }

 private:
    std::string socket_;
    std::string directory_;
    std::list<ChildProcess> processes_;
};

void wait_for_consumers(Client& client, const char* ring, Stage& stage) {
    while (client.stat(ring).consumers.size() < std::size(consumer_names)) stage.supervise();
}

/// They stay until the last record of /proc/stat has been sent, also where the file has long arrived.
void wait_for_producers(Client& client, Stage& stage) {
    for (const char* ring : {demo::telemetry_ring, demo::file_ring}) {
        while (!stage.has_ended() && client.stat(ring).producers.empty()) stage.supervise();
    }
}

std::string rate_text(const demo::FileResult& result) {
    return fmt::format("{} in {:.2f} s, {}/s", bytes_text(static_cast<double>(result.bytes)), result.seconds,
                       bytes_text(static_cast<double>(result.bytes) / result.seconds));
}

void report(const Stage& stage) {
    const demo::FileResult sent = demo::load(stage.result_path("producer"));
    fmt::print("  producer wrote {}\n    SHA-256 {}\n", rate_text(sent), sent.sha256);
    for (const char* name : consumer_names) {
        const demo::FileResult received = demo::load(stage.result_path(name));
        std::string loads;
        std::ifstream loads_file(stage.result_path(name) + ".loads");
        std::getline(loads_file, loads);
        const bool is_equal = received.sha256 == sent.sha256 && received.bytes == sent.bytes;
        fmt::print(
            "  {:<8} read  {}, at most {} messages behind\n    SHA-256 {}  {}\n    load per processor meanwhile: {}\n",
            name, rate_text(received), received.most_lag, received.sha256, is_equal ? "equal" : "DIFFERENT", loads);
        if (!is_equal)
            throw Error(Error::corrupt, std::string("consumer ") + name + " received something else than was sent");
    }
}

void run_demo(const std::string& file) {
    const std::string path = file.empty() ? platform::own_program_path() : file;
    if (MappedFile(path).bytes() == 0)
        throw Error(Error::invalid, path + " is empty, or no regular file: there is nothing to send");
    catch_stop_signals();
    // A reader that goes is an error of the next write, so that the demo is taken down all the same.
    std::signal(SIGPIPE, SIG_IGN);
    const platform::TemporaryDirectory directory;
    Server server({.socket = directory.path() + "/ringview.sock", .log_level = "warn"});
    server.start();
    fmt::print("A daemon of its own listens at {}\n", server.socket());
    demo::create_rings(server.socket());
    fmt::print("Two rings: {} (records of /proc/stat), {} ({} slots of {})\n", demo::telemetry_ring, demo::file_ring,
               demo::file_slots, bytes_text(static_cast<double>(demo::file_slot_bytes)));

    Stage stage(server.socket(), directory.path());
    Client client = Client::connect({.socket = server.socket()});
    for (const char* name : consumer_names) stage.start("consumer", name);
    for (const char* ring : {demo::telemetry_ring, demo::file_ring}) wait_for_consumers(client, ring, stage);
    fmt::print("Two consumer processes are attached; a producer process sends {}{}\n\n", path,
               file.empty() ? ", again and again, up to 1 GiB" : "");
    flush_output();
    stage.start("producer", "producer",
                {"--file", path, "--least-bytes", std::to_string(file.empty() ? demo::repeated_bytes : 0)});
    wait_for_producers(client, stage);
    const auto stat_time = std::chrono::steady_clock::now() + before_stat;
    while (!stage.has_ended() && std::chrono::steady_clock::now() < stat_time) stage.supervise();
    fmt::print("`ringview stat` a quarter of a second later:\n{}\n", stat_text(client.stat()));
    flush_output();
    while (!stage.has_ended()) stage.supervise();
    fmt::print("All messages have arrived:\n");
    report(stage);
    fmt::print(
        "\nNo payload was copied between the processes: each consumer hashed it where the producer had written it.\n");
}

}  // namespace

void add_demo(CLI::App& program) {
    CLI::App* command = program.add_subcommand("demo", "see data move between processes, without any set-up");
    const auto file = std::make_shared<std::string>();
    command->add_option("file", *file, "what to send; default: this program, again and again")
        ->check(CLI::ExistingFile);
    command->footer("Example:\n  ringview demo /var/lib/dpkg/status");
    command->callback([file] { run_demo(*file); });

    CLI::App* process = program.add_subcommand("demo-process", "one process of the demo");
    process->group("");
    const auto role = std::make_shared<RoleOptions>();
    process->add_option("--role", role->role);
    process->add_option("--at", role->socket);
    process->add_option("--name", role->name);
    process->add_option("--file", role->file);
    process->add_option("--result", role->result);
    process->add_option("--least-bytes", role->least_bytes);
    process->add_option("--parent", role->parent);
    process->callback([role] { run_role(*role); });
}

}  // namespace ringview::cli
