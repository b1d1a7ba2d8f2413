#pragma once

#include <string>

#include <CLI/CLI.hpp>

/// Each command is a file: it adds itself to the program, with its options and an example, and runs when it is chosen.
/// A command that fails throws; main() turns that into a message, a hint and an exit code.
namespace ringview::cli {

/// Options of every command.
struct Context {
    std::string socket;  ///< empty: the client's search order
};

void add_create(CLI::App& program, const Context& context);
void add_demo(CLI::App& program);
void add_durable(CLI::App& program, const Context& context);
void add_list(CLI::App& program, const Context& context);
void add_publish(CLI::App& program, const Context& context);
void add_remove(CLI::App& program, const Context& context);
void add_stat(CLI::App& program, const Context& context);
void add_subscribe(CLI::App& program, const Context& context);
void add_tail(CLI::App& program, const Context& context);

}  // namespace ringview::cli
