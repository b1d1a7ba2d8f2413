#include <memory>

#include <fmt/core.h>
#include <ringview/client.hpp>
#include <ringview/control/codec.hpp>

#include "command.hpp"
#include "text.hpp"

namespace ringview::cli {
namespace {

struct StatOptions {
    std::string ring;
    bool json = false;
};

}  // namespace

void add_stat(CLI::App& program, const Context& context) {
    CLI::App* command = program.add_subcommand("stat", "who is attached to which ring, and how far each is");
    const auto options = std::make_shared<StatOptions>();
    command->add_option("ring", options->ring, "only this ring");
    command->add_flag("--json", options->json, "as JSON");
    command->footer("Example:\n  ringview stat camera");
    command->callback([&context, options] {
        Client client = Client::connect({.socket = context.socket});
        const std::vector<RingInfo> rings =
            options->ring.empty() ? client.stat() : std::vector<RingInfo>{client.stat(options->ring)};
        fmt::print("{}", options->json ? control::rings_to_json(rings, true) + "\n" : stat_text(rings));
    });
}

}  // namespace ringview::cli
