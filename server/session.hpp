#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <ringview/platform/unique_fd.hpp>

#include "client_process.hpp"
#include "registry.hpp"

namespace spdlog {
class logger;
}

namespace ringview::server {

/// What a session needs of the daemon around it.
struct SessionContext {
    Registry& registry;
    spdlog::logger& log;
    std::string instance;
    uid_t daemon_uid;
    /// False once the daemon has seen a process die, whose packets may still come: sent before, or by a child of it.
    std::function<bool(const ProcessKey&)> is_alive;
    /// Places were given back.
    std::function<void()> on_detach;
    std::function<void()> shut_down;
    /// A ring has been made.
    std::function<void()> on_new_ring;
    /// A request has been seen to.
    std::function<void()> on_answer;
};

/// One client connection: receives packets, answers each, in order. A client that does not read its answers is not read
/// from until it does.
class Session : public std::enable_shared_from_this<Session> {
 public:
    using OnClose = std::function<void()>;

    Session(boost::asio::io_context& loop, platform::UniqueFd socket, ClientProcess process, SessionContext& context,
            OnClose on_close);

    void start() { wait_for_packet(); }
    void close();
    const ClientProcess& process() const noexcept { return process_; }

 private:
    struct Answer {
        std::string packet{};
        std::vector<platform::UniqueFd> fds{};
        std::optional<std::uint64_t> endpoint{};  ///< of the place that it grants
    };

    void wait_for_packet();
    void on_readable();
    void on_writable();
    void close_because(const std::exception& error);
    void answer(const std::string& packet, bool is_truncated);
    Answer answer_to(const std::string& packet, bool is_truncated);
    Answer dispatch(const control::Request& request);
    void require_alive() const;
    void log_memory_note(const std::string& ring) const;
    void send_pending();
    void take_back_grant();

    boost::asio::posix::stream_descriptor socket_;
    ClientProcess process_;
    SessionContext& context_;
    OnClose on_close_;
    Answer pending_;
    bool is_closed_ = false;
};

}  // namespace ringview::server
