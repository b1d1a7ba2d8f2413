#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ringview/client.hpp>
#include <ringview/platform/error.hpp>

#include "command.hpp"

namespace ringview::cli {
namespace {

/// All that can be; then throws what kept it from the others.
void remove(Client& client, const std::vector<std::string>& rings) {
    std::optional<Error> first;
    std::string reasons;
    for (const std::string& ring : rings) {
        try {
            client.remove(ring);
        } catch (const Error& error) {
            if (error.code() == Error::no_daemon) throw;
            if (!first) first = error;
            reasons += (reasons.empty() ? "" : "; ") + error.message();
        }
    }
    if (first) throw Error(static_cast<Error::Code>(first->code().value()), reasons, first->hint());
}

}  // namespace

void add_remove(CLI::App& program, const Context& context) {
    CLI::App* command = program.add_subcommand("rm", "remove a ring; attached programs are told at their next call");
    const auto rings = std::make_shared<std::vector<std::string>>();
    command->add_option("ring", *rings, "one or more")->required();
    command->footer("Example:\n  ringview rm camera");
    command->callback([&context, rings] {
        Client client = Client::connect({.socket = context.socket});
        remove(client, *rings);
    });
}

}  // namespace ringview::cli
