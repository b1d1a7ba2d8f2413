#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <ringview/platform/local_socket.hpp>
#include <ringview/platform/unique_fd.hpp>
#include <ringview/server.hpp>

#include "client_process.hpp"
#include "session.hpp"

namespace ringview::server {

/// The clients of this daemon: how many connections whom may have, which processes they are, and when those die.
class Clients {
 public:
    Clients(boost::asio::io_context& loop, const ServerLimits& limits, SessionContext& context)
        : loop_(loop), limits_(limits), context_(context) {}

    /// Serves a new connection, or answers with why not. It is served once the kernel has told who it is and how we
    /// learn of its death. Throws only where the process or the system is out of something.
    void admit(platform::UniqueFd socket);
    /// False once we have seen it die.
    bool is_alive(const ProcessKey& process) const { return watched_.contains(process); }
    /// Gives back the places of those that died and of whom the loop did not live to hear.
    void release_dead();

 private:
    using Descriptor = boost::asio::posix::stream_descriptor;
    /// A process that has a connection or a place in a ring, and the wait for its death.
    struct Watched {
        Watched(boost::asio::io_context& loop, platform::UniqueFd pidfd) : death(loop, pidfd.get()) {
            static_cast<void>(pidfd.release());
        }
        Descriptor death;
        unsigned connections = 0;
    };

    void check_quota(uid_t uid) const;
    void serve(platform::UniqueFd socket, platform::UniqueFd pidfd, const ClientProcess& process);
    ClientProcess identify(const platform::PeerCredentials& credentials);
    void watch(const ProcessKey& key, platform::UniqueFd pidfd);
    void wait_for_death(const ProcessKey& key, Watched& watched);
    void on_death(const ProcessKey& key);
    void on_closed(const ProcessKey& key, uid_t uid);

    boost::asio::io_context& loop_;
    ServerLimits limits_;
    SessionContext& context_;
    std::map<ProcessKey, std::unique_ptr<Watched>> watched_;
    std::map<uid_t, std::uint64_t> connections_of_user_;
    std::uint64_t connections_ = 0;
    std::uint64_t serial_ = 0;
};

}  // namespace ringview::server
