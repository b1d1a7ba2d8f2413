#include <cstdio>

#include <ringview/platform/error.hpp>
#include <ringview/platform/standard_descriptors.hpp>
#include <ringview/view/view_error.hpp>

#include "command.hpp"
#include "output.hpp"

namespace {

using namespace ringview;

constexpr const char* footer = R"(Start here:
  ringview demo                                      see data move, without any set-up
  ringviewd &                                        start a daemon
  ringview create camera --shape 480,640,3 --slots 16
  ringview ls

The daemon is looked for at --socket, $RINGVIEW_SOCKET, /run/ringview/ringview.sock,
$XDG_RUNTIME_DIR/ringview/ringview.sock, /tmp/ringview-<uid>/ringview.sock.
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 no daemon answers.)";

enum ExitCode { done = 0, failed = 1, wrong_usage = 2, no_daemon = 3 };

int report(const std::string& message, const std::string& hint) {
    std::fprintf(stderr, "ringview: %s\n", message.c_str());
    if (!hint.empty()) std::fprintf(stderr, "hint: %s\n", hint.c_str());
    return failed;
}

}  // namespace

int main(int argc, char** argv) {
    platform::occupy_standard_descriptors();
    CLI::App program{"ringview shows and moves data in the rings of ringviewd.", "ringview"};
    program.footer(footer);
    program.set_version_flag("--version", RINGVIEW_VERSION);
    // None at all is looked for below, so that a misspelt one is named.
    program.require_subcommand(0, 1);
    program.fallthrough();
    cli::Context context;
    program.add_option("--socket", context.socket, "the daemon's socket")->type_name("PATH");
    cli::add_demo(program);
    cli::add_list(program, context);
    cli::add_stat(program, context);
    cli::add_create(program, context);
    cli::add_remove(program, context);
    cli::add_publish(program, context);
    cli::add_subscribe(program, context);
    cli::add_tail(program, context);
    cli::add_durable(program, context);
    try {
        try {
            program.parse(argc, argv);
            if (program.get_subcommands().empty()) throw CLI::RequiredError("A subcommand");
        } catch (const CLI::ParseError& error) {
            if (program.exit(error) != 0) return wrong_usage;
        }
        cli::flush_output();
        return done;
    } catch (const Error& error) {
        const int code = report(error.message(), error.hint());
        return error.code() == Error::no_daemon ? no_daemon : code;
    } catch (const std::exception& error) {
        return report(error.what(), {});
    }
}
