#include "log.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <string>

#include <ringview/platform/error.hpp>
#include <ringview/platform/output_descriptor.hpp>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

namespace ringview::server {
namespace {

/// With the time, the level and the colours before and behind it, a line stays below what is taken at once.
constexpr std::size_t most_bytes = platform::taken_at_once_bytes - 256;

using Base = spdlog::sinks::stderr_color_sink_mt;

class ImpatientSink final : public Base {
 public:
    void log(const spdlog::details::log_msg& message) override {
        if (!platform::takes_some(STDERR_FILENO)) {
            ++lost_;
            return;
        }
        if (const std::uint64_t lost = lost_.exchange(0); lost != 0) {
            const std::string text = std::to_string(lost) + " lines of the log are lost: nobody took them";
            Base::log({message.time, {}, message.logger_name, spdlog::level::warn, text});
            return log(message);
        }
        spdlog::details::log_msg line = message;
        line.payload = {message.payload.data(), std::min(message.payload.size(), most_bytes)};
        Base::log(line);
    }

 private:
    std::atomic<std::uint64_t> lost_{0};
};

}  // namespace

std::shared_ptr<spdlog::logger> make_log(const std::string& level_name) {
    const auto level = spdlog::level::from_str(level_name);
    if (level == spdlog::level::off && level_name != "off") {
        throw Error(Error::invalid, "there is no log level \"" + level_name + "\"",
                    "use trace, debug, info, warn, error, critical or off");
    }
    auto log = std::make_shared<spdlog::logger>("ringviewd", std::make_shared<ImpatientSink>());
    log->set_level(level);
    log->set_error_handler(
        [](const std::string&) {});  // the default one writes to standard error, however full that is
    return log;
}

}  // namespace ringview::server
