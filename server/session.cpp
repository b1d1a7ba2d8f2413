#include "session.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <ringview/control/codec.hpp>
#include <ringview/platform/error.hpp>
#include <ringview/platform/local_socket.hpp>
#include <ringview/platform/membarrier.hpp>
#include <spdlog/spdlog.h>

#include "turn.hpp"
#include "version.hpp"

namespace ringview::server {
namespace {

/// For the log: no client can end a line of it.
std::string one_line(std::string text) {
    std::replace_if(
        text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
    return text;
}

template <class... Handlers>
struct Overloaded : Handlers... {
    using Handlers::operator()...;
};
template <class... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;  // clang 14 does not deduce it

}  // namespace

Session::Session(boost::asio::io_context& loop, platform::UniqueFd socket, ClientProcess process,
                 SessionContext& context, OnClose on_close)
    : socket_(loop, socket.get()), process_(std::move(process)), context_(context), on_close_(std::move(on_close)) {
    static_cast<void>(socket.release());
}

void Session::close() {
    if (std::exchange(is_closed_, true)) return;
    take_back_grant();
    try {
        platform::discard_packets(socket_.native_handle());
    } catch (const std::exception&) {
        // Then closing it discards them.
    }
    boost::system::error_code ignored;
    socket_.close(ignored);
    if (const OnClose on_close = std::exchange(on_close_, nullptr)) on_close();
}

/// A client that never heard of its place does not give it back, and producers would wait as long as its process lives.
void Session::take_back_grant() {
    if (!pending_.endpoint) return;
    try {
        context_.registry.detach(process_.key, *pending_.endpoint);
        context_.on_detach();
    } catch (const std::exception&) {
        // It has died, and its places went with it; or they go with it when it does.
    }
}

void Session::wait_for_packet() {
    socket_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                       [self = shared_from_this()](const boost::system::error_code& error) {
                           if (error)
                               self->close();
                           else
                               self->on_readable();
                       });
}

void Session::on_readable() {
    try {
        for (Turn turn; turn.goes_on();) {
            // Clients send no descriptors; those that one sends all the same are closed here.
            platform::Packet packet = platform::receive_packet(socket_.native_handle(), control::max_packet_bytes, 0);
            if (packet.kind == platform::Packet::Kind::hung_up) return close();
            if (packet.kind == platform::Packet::Kind::nothing_yet) break;
            answer(packet.bytes, packet.is_truncated);
            if (is_closed_ || !pending_.packet.empty()) return;
        }
        wait_for_packet();
    } catch (const std::exception& error) {
        close_because(error);
    }
}

void Session::on_writable() {
    try {
        send_pending();
        if (!is_closed_ && pending_.packet.empty()) on_readable();
    } catch (const std::exception& error) {
        close_because(error);
    }
}

void Session::close_because(const std::exception& error) {
    context_.log.warn("client pid {}: {}", process_.identity.pid, error.what());
    close();
}

void Session::answer(const std::string& packet, bool is_truncated) {
    pending_ = answer_to(packet, is_truncated);
    context_.on_answer();
    send_pending();
}

void Session::send_pending() {
    std::vector<int> fds;
    for (const platform::UniqueFd& fd : pending_.fds) fds.push_back(fd.get());
    switch (platform::send_packet(socket_.native_handle(), pending_.packet, fds, false)) {
        case platform::SendResult::sent:
            pending_ = {};
            return;
        case platform::SendResult::hung_up:
            return close();
        case platform::SendResult::would_block:
            break;
    }
    socket_.async_wait(boost::asio::posix::stream_descriptor::wait_write,
                       [self = shared_from_this()](const boost::system::error_code& error) {
                           if (error)
                               self->close();
                           else
                               self->on_writable();
                       });
}

Session::Answer Session::answer_to(const std::string& packet, bool is_truncated) {
    try {
        if (is_truncated) {
            throw Error(Error::corrupt, "the packet is larger than " + std::to_string(control::max_packet_bytes) +
                                            " bytes or carries descriptors; neither is part of the protocol");
        }
        return dispatch(control::decode_request(packet));
    } catch (const Error& error) {
        context_.log.debug("client pid {}: refused: {}", process_.identity.pid, one_line(error.what()));
        return {control::encode(error)};
    } catch (const std::exception& error) {
        context_.log.error("client pid {}: {}", process_.identity.pid, error.what());
        return {control::encode(Error(Error::system, error.what()))};
    }
}

void Session::log_memory_note(const std::string& ring) const {
    const std::string& note = context_.registry.memory_note(ring);
    if (!note.empty()) context_.log.warn("ring {}: {}", ring, note);
}

/// Places go when their process dies; one given afterwards would stay for good.
void Session::require_alive() const {
    if (context_.is_alive(process_.key)) return;
    throw Error(Error::closed, "the process that made this connection has died", "connect anew");
}

Session::Answer Session::dispatch(const control::Request& request) {
    Registry& registry = context_.registry;
    const Peer& peer = process_.peer;
    const auto reply = [](const control::Reply& message) { return Answer{control::encode(message)}; };
    const auto attached = [](Registry::Attached grant) {
        Answer answer{control::encode(control::Reply(grant.reply)), {}, grant.reply.endpoint};
        std::move(grant.fds.begin(), grant.fds.end(), std::back_inserter(answer.fds));
        return answer;
    };
    return std::visit(
        Overloaded{
            [&](const control::HelloRequest& r) {
                context_.log.debug("client {} is pid {}, uid {}", one_line(r.client), process_.identity.pid, peer.uid);
                return reply(control::HelloReply{version, context_.instance, platform::current_pid()});
            },
            [&](const control::CreateRequest& r) {
                const bool created = registry.create(peer, r.spec);
                if (created) {
                    context_.log.info("ring {} created by uid {}", r.spec.name, peer.uid);
                    log_memory_note(r.spec.name);
                    context_.on_new_ring();
                }
                return reply(control::CreateReply{created});
            },
            [&](const control::RemoveRequest& r) {
                registry.remove(peer, r.ring);
                context_.log.info("ring {} removed by uid {}", r.ring, peer.uid);
                return reply(control::OkReply{});
            },
            [&](const control::ListRequest& r) { return reply(registry.list(peer, r)); },
            [&](const control::StatRequest& r) { return reply(registry.stat(peer, r)); },
            [&](const control::AttachProducerRequest& r) {
                require_alive();
                Registry::Attached grant = registry.attach_producer(process_, r);
                context_.log.info("ring {}: producer {} attached, pid {}", r.ring, grant.reply.name,
                                  process_.identity.pid);
                return attached(std::move(grant));
            },
            [&](const control::AttachConsumerRequest& r) {
                require_alive();
                Registry::Attached grant = registry.attach_consumer(process_, r);
                context_.log.info("ring {}: consumer {} attached at {}, pid {}{}", r.ring, grant.reply.name,
                                  grant.reply.position, process_.identity.pid,
                                  r.group.empty() ? "" : ", as a member of group " + r.group);
                return attached(std::move(grant));
            },
            [&](const control::SubscribeRequest& r) {
                const control::SubscribeReply declared = registry.subscribe(peer, r);
                if (declared.created)
                    context_.log.info("ring {}: {} {} declared at {} by uid {}", r.ring,
                                      r.group.empty() ? "subscription" : "group", r.group.empty() ? r.name : r.group,
                                      declared.position, peer.uid);
                return reply(declared);
            },
            [&](const control::UnsubscribeRequest& r) {
                registry.unsubscribe(peer, r);
                context_.log.info("ring {}: {} given up by uid {}", r.ring, r.name, peer.uid);
                return reply(control::OkReply{});
            },
            [&](const control::EvictRequest& r) {
                registry.evict(peer, r);
                context_.log.warn("ring {}: subscription {} evicted by uid {}{}", r.ring, r.name, peer.uid,
                                  r.force ? ", by force" : "");
                return reply(control::OkReply{});
            },
            [&](const control::DetachRequest& r) {
                registry.detach(process_.key, r.endpoint);
                context_.on_detach();
                context_.log.debug("client pid {}: endpoint {} detached", process_.identity.pid, r.endpoint);
                return reply(control::OkReply{});
            },
            [&](const control::BarrierRequest&) {
                if (!platform::membarrier())
                    throw Error(Error::unsupported, "the daemon may not call membarrier either");
                return reply(control::OkReply{});
            },
            [&](const control::ShutdownRequest&) {
                if (peer.uid != 0 && peer.uid != context_.daemon_uid) {
                    throw Error(Error::denied, "only the daemon's own user and root may shut it down");
                }
                context_.log.info("shut down by pid {}", process_.identity.pid);
                context_.shut_down();
                return reply(control::OkReply{});
            },
        },
        request);
}

}  // namespace ringview::server
