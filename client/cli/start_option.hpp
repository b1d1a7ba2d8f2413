#pragma once

#include <string>

#include <CLI/CLI.hpp>
#include <ringview/client.hpp>

/// `--start`: where a subscription begins, by a word or by a position.
namespace ringview::cli {

void add_start_option(CLI::App& command, std::string& start);
/// `start` as add_start_option() has let it through.
void set_start(ConsumerOptions& options, const std::string& start);

}  // namespace ringview::cli
