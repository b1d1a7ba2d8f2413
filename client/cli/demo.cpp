#include "demo.hpp"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <memory>
#include <thread>

#include <fmt/format.h>
#include <ringview/platform/child_process.hpp>
#include <ringview/ringview.hpp>
#include <ringview/server.hpp>

#include "command.hpp"
#include "text.hpp"

namespace ringview::cli {
namespace {

using platform::ChildProcess;

constexpr const char* consumer_names[] = {"left", "right"};

struct RoleOptions {
    std::string role;
    std::string socket;
    std::string file;
    std::string result;
    std::string name;
};

std::atomic<bool> file_is_done{false};

void run_producer(const RoleOptions& options) {
    std::thread telemetry([&] { demo::produce_telemetry(options.socket, [] { return file_is_done.load(); }); });
    demo::save(demo::produce_file(options.socket, options.file), options.result);
    file_is_done = true;
    telemetry.join();
}

void run_consumer(const RoleOptions& options) {
    std::vector<double> loads;
    std::thread telemetry([&] { loads = demo::consume_telemetry(options.socket, options.name); });
    const demo::FileResult result = demo::consume_file(options.socket, options.name);
    telemetry.join();
    std::ofstream(options.result + ".loads") << fmt::format("{:.0f} %", fmt::join(loads, " %, "));
    demo::save(result, options.result);
}

void run_role(const RoleOptions& options) {
    platform::die_with_parent();
    if (options.role == "producer")
        run_producer(options);
    else
        run_consumer(options);
}

/// The processes of the demo and where they leave their results.
class Stage {
 public:
    Stage(std::string socket, std::string directory) : socket_(std::move(socket)), directory_(std::move(directory)) {}

    void start(const std::string& role, const std::string& name, const std::string& file) {
        processes_.emplace_back(std::vector<std::string>{platform::own_program_path(), "demo-process", "--role", role,
                                                         "--at", socket_, "--name", name, "--file", file, "--result",
                                                         result_path(name)});
    }
    void wait_for_all() {
        for (ChildProcess& process : processes_) {
            if (const int status = process.wait(); status != 0) {
                throw Error(Error::system, fmt::format("a process of the demo ended with status {}", status));
            }
        }
    }
    std::string result_path(const std::string& name) const { return directory_ + "/" + name; }

 private:
    std::string socket_;
    std::string directory_;
    std::vector<ChildProcess> processes_;
};

void wait_for_consumers(Client& client, const char* ring) {
    while (client.stat(ring).consumers.size() < std::size(consumer_names))
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
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
    const platform::TemporaryDirectory directory;
    Server server({.socket = directory.path() + "/ringview.sock", .log_level = "warn"});
    server.start();
    fmt::print("A daemon of its own listens at {}\n", server.socket());
    demo::create_rings(server.socket());
    fmt::print("Two rings: {} (records of /proc/stat), {} ({} slots of {})\n", demo::telemetry_ring, demo::file_ring,
               demo::file_slots, bytes_text(static_cast<double>(demo::file_slot_bytes)));

    Stage stage(server.socket(), directory.path());
    Client client = Client::connect({.socket = server.socket()});
    for (const char* name : consumer_names) stage.start("consumer", name, {});
    for (const char* ring : {demo::telemetry_ring, demo::file_ring}) wait_for_consumers(client, ring);
    fmt::print("Two consumer processes are attached; a producer process sends {}{}\n\n", path,
               file.empty() ? ", again and again, up to 1 GiB" : "");
    std::fflush(stdout);
    stage.start("producer", "producer", path);
    std::this_thread::sleep_for(std::chrono::milliseconds(250));
    fmt::print("`ringview stat` a quarter of a second later:\n{}\n", stat_text(client.stat()));
    std::fflush(stdout);
    stage.wait_for_all();
    fmt::print("All messages have arrived:\n");
    report(stage);
    fmt::print(
        "\nNo payload was copied between the processes: each consumer hashed it where the producer had written it.\n");
}

}  // namespace

void add_demo(CLI::App& program) {
    CLI::App* command = program.add_subcommand("demo", "see data move between processes, without any set-up");
    const auto file = std::make_shared<std::string>();
    command->add_option("file", *file, "what to send; default: this program");
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
    process->callback([role] { run_role(*role); });
}

}  // namespace ringview::cli
