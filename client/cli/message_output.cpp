#include "message_output.hpp"

#include <unistd.h>

#include <algorithm>

#include <ringview/platform/output_descriptor.hpp>

#include "stop_request.hpp"

namespace ringview::cli {
namespace {

constexpr std::size_t buffer_bytes = 65536;

}  // namespace

MessageOutput::MessageOutput(const std::string& path, bool is_buffered)
    : file_(path.empty() || path == "-" ? platform::UniqueFd() : platform::create_file(path)),
      fd_(file_.is_open() ? file_.get() : STDOUT_FILENO),
      most_buffered_(is_buffered ? buffer_bytes : 0) {
    buffer_.reserve(most_buffered_);
}

bool MessageOutput::write(std::span<const std::byte> bytes) {
    if (buffer_.size() + bytes.size() > most_buffered_ && !flush()) return false;
    if (bytes.size() > most_buffered_) return write_out(bytes);
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
    return true;
}

bool MessageOutput::flush() {
    const bool is_written = write_out(buffer_);
    buffer_.clear();
    return is_written;
}

bool MessageOutput::write_out(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        std::size_t most = bytes.size();
        if (is_stop_requested()) {
            // No further signal comes to end a write that waits, so none may wait.
            if (!platform::wait_until_writable(fd_, stop_poll)) return false;
            most = std::min(most, platform::taken_at_once_bytes);
        }
        bytes = bytes.subspan(platform::write_some(fd_, bytes.first(most)));
    }
    return true;
}

}  // namespace ringview::cli
