#include "start_option.hpp"

#include <charconv>

#include <ringview/control/codec.hpp>

namespace ringview::cli {
namespace {

std::optional<std::uint64_t> position_in(const std::string& text) {
    std::uint64_t position = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), position);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return position;
}

std::string complaint_about(const std::string& text) {
    const bool is_known = text == "oldest" || text == "newest" || text == "next" || position_in(text);
    return is_known ? std::string{} : "oldest, newest, next or a position was expected, not " + text;
}

}  // namespace

void add_start_option(CLI::App& command, std::string& start) {
    command.add_option("--start", start, "oldest, newest (the last message, then on), next, or a position")
        ->type_name("START")
        ->check(CLI::Validator(complaint_about, ""))
        ->capture_default_str();
}

void set_start(ConsumerOptions& options, const std::string& start) {
    options.start_position = position_in(start);
    if (!options.start_position) options.start = control::start_from_name(start);
}

}  // namespace ringview::cli
