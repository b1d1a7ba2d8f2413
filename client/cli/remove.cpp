#include <memory>

#include <ringview/client.hpp>

#include "command.hpp"

namespace ringview::cli {

void add_remove(CLI::App& program, const Context& context) {
    CLI::App* command = program.add_subcommand("rm", "remove a ring; attached programs are told at their next call");
    const auto rings = std::make_shared<std::vector<std::string>>();
    command->add_option("ring", *rings, "one or more")->required();
    command->footer("Example:\n  ringview rm camera");
    command->callback([&context, rings] {
        Client client = Client::connect({.socket = context.socket});
        for (const std::string& ring : *rings) client.remove(ring);
    });
}

}  // namespace ringview::cli
