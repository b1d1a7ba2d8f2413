#include <cstdio>
#include <string>

#include <CLI/CLI.hpp>
#include <ringview/control/ring_name.hpp>
#include <ringview/platform/error.hpp>
#include <ringview/platform/process.hpp>
#include <ringview/platform/standard_descriptors.hpp>
#include <ringview/platform/stop_signals.hpp>
#include <ringview/server.hpp>

namespace {

constexpr const char* footer = R"(Examples:
  ringviewd                                   serve at the standard place
  ringviewd --socket /tmp/my.sock             serve at a socket of your own (clients: RINGVIEW_SOCKET=/tmp/my.sock)
  ringviewd --config /etc/ringview/ringviewd.toml

Without --socket and without a configured one: $RINGVIEW_SOCKET, /run/ringview/ringview.sock,
$XDG_RUNTIME_DIR/ringview/ringview.sock, /tmp/ringview-<uid>/ringview.sock, the first that can be made.
SIGINT, SIGTERM and SIGHUP (unless nohup has it ignored) end it.
Exit codes: 0 ended as asked, 1 could not serve, 2 wrong usage.)";

struct Arguments {
    std::string config;
    std::string socket;
    std::string instance;
    std::string log_level;
};

std::string complaint_about_instance(const std::string& instance) {
    try {
        ringview::control::check_instance(instance);
        return {};
    } catch (const ringview::Error& error) {
        return error.message();
    }
}

ringview::ServerOptions options_from(const Arguments& arguments) {
    ringview::ServerOptions options =
        arguments.config.empty() ? ringview::ServerOptions{} : ringview::load_settings(arguments.config);
    if (!arguments.socket.empty()) options.socket = arguments.socket;
    if (!arguments.instance.empty()) options.instance = arguments.instance;
    if (!arguments.log_level.empty()) options.log_level = arguments.log_level;
    return options;
}

}  // namespace

int main(int argc, char** argv) {
    ringview::platform::occupy_standard_descriptors();
    CLI::App app{"ringviewd makes named shared-memory rings and hands them to the programs of this machine.",
                 "ringviewd"};
    app.footer(footer);
    Arguments arguments;
    app.add_option("--config", arguments.config, "TOML file with every setting")->type_name("FILE");
    app.add_option("--socket", arguments.socket, "where to listen")->type_name("PATH");
    app.add_option("--instance", arguments.instance, "name in the segments' names; default: from the socket path")
        ->check(CLI::Validator(complaint_about_instance, ""));
    app.add_option("--log-level", arguments.log_level, "how much it says; default: info")
        ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error", "critical", "off"}));
    app.set_version_flag("--version", RINGVIEW_VERSION);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    try {
        // One that comes while the server is being made waits until it can be ended cleanly.
        ringview::platform::hold_stop_signals();
        // The log may be a pipe that its reader has left.
        ringview::platform::ignore_broken_pipes();
        // A client takes two, a memfd ring too: [limits] bound both, and should be what is met first.
        ringview::platform::raise_descriptor_limit();
        ringview::Server server(options_from(arguments));
        server.run(true);
        return 0;
    } catch (const ringview::Error& error) {
        std::fprintf(stderr, "ringviewd: %s\n", error.message().c_str());
        if (!error.hint().empty()) std::fprintf(stderr, "hint: %s\n", error.hint().c_str());
    } catch (const std::exception& error) {
        std::fprintf(stderr, "ringviewd: %s\n", error.what());
    }
    return 1;
}
