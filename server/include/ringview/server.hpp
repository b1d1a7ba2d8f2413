#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <ringview/control/ring_spec.hpp>

namespace ringview {

/// Bounds on what clients can take, in all and for each user.
struct ServerLimits {
    std::uint64_t rings = 1024;
    std::uint64_t rings_per_user = 256;
    std::uint64_t bytes = std::uint64_t{64} << 30;  ///< shared memory of all rings
    std::uint64_t bytes_per_user = std::uint64_t{16} << 30;
    std::uint64_t clients = 1024;  ///< connections
    std::uint64_t clients_per_user = 256;
};

/// A durable subscription, or a durable group, that is there from the start.
struct DurableSubscription {
    std::string ring{};
    std::string name{};
    Policy policy = Policy::lossless;
    bool is_group = false;
};

/// config/ringviewd.toml shows each with its unit and its reason.
struct ServerOptions {
    std::string socket{};              ///< empty: the first standard place that can be made
    std::string instance{};            ///< empty: from the socket path
    std::uint32_t socket_mode = 0600;  ///< of the socket file
    std::string log_level{"info"};     ///< trace, debug, info, warn, error, critical, off
    ServerLimits limits{};
    std::vector<RingSpec> rings{};                     ///< made at the start
    std::vector<DurableSubscription> subscriptions{};  ///< of those rings
};

/// Reads a TOML file. Throws Error::invalid, with file, line and what was expected; unknown keys are errors too. Where
/// the file cannot be read, Error::system tells why.
ServerOptions load_settings(const std::string& path);

/// The daemon: makes rings, hands them out, sees who dies. Not on the data path.
///
/// A client may take memory of a ring away that it may write; so the first ring sets a handler of SIGBUS, which hands
/// on what is not about a ring. A program that sets its own later should do the same.
class Server {
 public:
    /// Takes the socket and the instance, clears what a dead daemon left, makes the configured rings. When this
    /// returns, clients can connect (they are served once run() or start() is called). Throws Error: exists where a
    /// living daemon has the socket or the instance.
    explicit Server(ServerOptions options = {});
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    /// Stops. Rings that nobody is attached to are removed, and so is the socket. Rings in use are left to their
    /// clients.
    ~Server();

    /// Serves until stop(), a shutdown request, or, with `handle_signals`, SIGINT, SIGTERM or SIGHUP (unless that is
    /// ignored). From one thread. With `handle_signals` these are unblocked: a program may block them before it makes
    /// the server, so that none ends it half made.
    void run(bool handle_signals = false);
    /// Serves on a thread of its own until stop() or destruction. Throws std::system_error where there is none.
    void start();
    /// From any thread, also before run(). Not from a signal handler.
    void stop() noexcept;

    const std::string& socket() const noexcept;
    const std::string& instance() const noexcept;

 private:
    class Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace ringview
