#include <memory>

#include <fmt/core.h>
#include <ringview/client.hpp>
#include <ringview/control/codec.hpp>

#include "command.hpp"
#include "text.hpp"

namespace ringview::cli {
namespace {

std::string list_text(const std::vector<RingInfo>& rings) {
    if (rings.empty()) return "There are no rings. Make one: ringview create NAME --shape 480,640,3\n";
    std::vector<std::vector<std::string>> rows{{"name", "format", "shape", "slots", "slot", "memory", "published"}};
    for (const RingInfo& ring : rings) {
        rows.push_back({ring.name, ring.format, shape_text(ring.shape), std::to_string(ring.slots),
                        bytes_text(static_cast<double>(ring.slot_bytes)), bytes_text(static_cast<double>(ring.bytes)),
                        std::to_string(ring.published)});
    }
    return table_text(rows);
}

}  // namespace

void add_list(CLI::App& program, const Context& context) {
    CLI::App* command = program.add_subcommand("ls", "the rings that you may use");
    const auto json = std::make_shared<bool>(false);
    command->add_flag("--json", *json, "as JSON");
    command->footer("Example:\n  ringview ls --json");
    command->callback([&context, json] {
        const std::vector<RingInfo> rings = Client::connect({.socket = context.socket}).rings();
        fmt::print("{}", *json ? control::rings_to_json(rings, false) + "\n" : list_text(rings));
    });
}

}  // namespace ringview::cli
