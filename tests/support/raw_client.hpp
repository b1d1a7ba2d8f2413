#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <ringview/platform/unique_fd.hpp>

namespace ringview::test {

/// A client that may send anything. Throws where it cannot connect.
class RawClient {
 public:
    explicit RawClient(const std::string& socket);

    /// Whether it could be sent.
    bool send(std::string_view packet, const std::vector<int>& fds = {});
    /// Without waiting for room. Whether there was room.
    bool try_send(std::string_view packet);
    /// The next packet; nothing where the daemon has hung up.
    std::optional<std::string> receive();
    std::string ask(std::string_view packet);

    int fd() const noexcept { return socket_.get(); }

 private:
    platform::UniqueFd socket_;
};

}  // namespace ringview::test
