#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <ringview/control/messages.hpp>
#include <ringview/detail/attachment.hpp>
#include <ringview/platform/fork_flag.hpp>
#include <ringview/platform/unique_fd.hpp>

namespace ringview::detail {

/// A connection to the daemon: one request, one reply, one after the other. Made anew when it was lost. From any
/// thread.
class Connection {
 public:
    /// Connects. Error::no_daemon, with what was tried, where nobody answers. `socket` may be empty: the search order.
    explicit Connection(std::string socket);

    template <class R>
    R call(const control::Request& request) {
        return decode<R>(exchange(request).first);
    }
    /// Two descriptors come with the reply.
    Grant attach(const control::Request& request);

    /// Gives a place back. Where the daemon does not answer for a second it is given back once the daemon reads on, and
    /// no other place waits again: this is called by destructors.
    void detach(std::uint64_t endpoint) noexcept;
    /// Has the daemon call membarrier. Whether it did.
    bool barrier() noexcept;

    const std::string& socket() const noexcept { return socket_path_; }

 private:
    using Answer = std::pair<std::string, std::vector<platform::UniqueFd>>;

    template <class R>
    static R decode(const std::string& packet);
    Answer exchange(const control::Request& request);
    /// `once()` over the connection there is; over a new one where that has been lost.
    template <class Once>
    auto over_a_connection(const Once& once);
    Answer exchange_once(const std::string& packet);
    void detach_once(const std::string& packet);
    /// The next packet; nothing where none comes for so long.
    std::optional<Answer> receive(std::chrono::milliseconds timeout);
    Answer await_reply();
    void connect();
    void open(const std::string& path);

    std::mutex mutex_;
    std::string socket_wanted_;
    std::string socket_path_;
    platform::UniqueFd socket_;
    /// They come before the reply to whatever is asked next.
    unsigned late_detach_replies_ = 0;
    platform::ForkFlag fork_flag_;
};

}  // namespace ringview::detail
