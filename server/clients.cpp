#include "clients.hpp"

#include <ringview/control/codec.hpp>
#include <ringview/platform/error.hpp>
#include <spdlog/spdlog.h>

namespace ringview::server {

void Clients::admit(platform::UniqueFd socket) {
    try {
        const platform::PeerCredentials credentials = platform::peer_credentials(socket.get());
        check_quota(credentials.uid);
        platform::UniqueFd pidfd = platform::peer_pidfd(socket.get(), credentials);
        const ClientProcess process = identify(credentials);
        serve(std::move(socket), std::move(pidfd), process);
    } catch (const Error& error) {
        context_.log.warn("client refused: {}", error.what());
        if (!socket.is_open()) return;
        platform::send_packet(socket.get(), control::encode(error), {}, false);
        platform::discard_packets(socket.get());
    }
}

/// Counted once nothing can fail any more: a session that is closed counts back.
void Clients::serve(platform::UniqueFd socket, platform::UniqueFd pidfd, const ClientProcess& process) {
    const auto session =
        std::make_shared<Session>(loop_, std::move(socket), process, context_,
                                  [this, key = process.key, uid = process.peer.uid] { on_closed(key, uid); });
    std::uint64_t& of_user = connections_of_user_[process.peer.uid];
    watch(process.key, std::move(pidfd));
    ++of_user;
    ++connections_;
    try {
        session->start();
    } catch (...) {
        session->close();
        throw;
    }
}

void Clients::release_dead() {
    for (const auto& [key, watched] : watched_) {
        if (!platform::is_alive(watched->death.native_handle())) context_.registry.release_process(key);
    }
}

void Clients::check_quota(uid_t uid) const {
    const auto of_user = connections_of_user_.find(uid);
    const std::uint64_t user_connections = of_user == connections_of_user_.end() ? 0 : of_user->second;
    if (connections_ < limits_.clients && user_connections < limits_.clients_per_user) return;
    throw Error(Error::quota,
                "the daemon has " + std::to_string(connections_) + " clients, " + std::to_string(user_connections) +
                    " of uid " + std::to_string(uid) + "; allowed are " + std::to_string(limits_.clients) + " and " +
                    std::to_string(limits_.clients_per_user),
                "close connections, or raise [limits] in the daemon's configuration");
}

ClientProcess Clients::identify(const platform::PeerCredentials& credentials) {
    ClientProcess process;
    process.peer = {credentials.uid, credentials.gid, credentials.groups};
    if (credentials.pid != 0)
        process.identity =
            platform::identity_of(credentials.pid).value_or(platform::ProcessIdentity{credentials.pid, 0, 0});
    process.key = {process.identity.pid, process.identity.start_time_ticks, credentials.pid == 0 ? ++serial_ : 0};
    return process;
}

void Clients::watch(const ProcessKey& key, platform::UniqueFd pidfd) {
    auto entry = watched_.find(key);
    if (entry == watched_.end()) {
        auto watched = std::make_unique<Watched>(loop_, std::move(pidfd));
        wait_for_death(key, *watched);
        entry = watched_.emplace(key, std::move(watched)).first;
    }
    ++entry->second->connections;
}

/// The loop may call a wait complete for what happened to a descriptor that was closed in the same round and whose
/// place in its tables this one has taken. So the pidfd itself is asked.
void Clients::wait_for_death(const ProcessKey& key, Watched& watched) {
    watched.death.async_wait(Descriptor::wait_read, [this, key](const boost::system::error_code& error) {
        const auto entry = watched_.find(key);
        if (error || entry == watched_.end()) return;
        if (!platform::is_alive(entry->second->death.native_handle())) {
            try {
                return on_death(key);
            } catch (const std::exception& obstacle) {
                context_.log.error("the places of pid {} cannot be freed yet: {}", key.pid, obstacle.what());
            }
        }
        wait_for_death(key, *entry->second);
    });
}

void Clients::on_death(const ProcessKey& key) {
    const std::size_t places = context_.registry.release_process(key);
    if (places != 0) context_.log.info("client pid {} has died; {} places are free", key.pid, places);
    watched_.erase(key);
    context_.on_detach();
}

/// A connection went, which says nothing about the process: its places stay.
void Clients::on_closed(const ProcessKey& key, uid_t uid) {
    --connections_;
    if (--connections_of_user_[uid] == 0) connections_of_user_.erase(uid);
    const auto entry = watched_.find(key);
    if (entry == watched_.end()) return;
    if (--entry->second->connections == 0 && !context_.registry.has_places(key)) watched_.erase(entry);
}

}  // namespace ringview::server
