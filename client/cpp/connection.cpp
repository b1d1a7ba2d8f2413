#include "connection.hpp"

#include <chrono>
#include <string>
#include <vector>

#include <ringview/control/codec.hpp>
#include <ringview/control/socket_path.hpp>
#include <ringview/platform/error.hpp>
#include <ringview/platform/local_socket.hpp>
#include <ringview/platform/paths.hpp>
#include <ringview/platform/process.hpp>

namespace ringview::detail {
namespace {

/// The daemon answers in microseconds; making a ring of many gigabytes takes it seconds.
constexpr std::chrono::milliseconds reply_timeout = std::chrono::seconds{60};

/// Who gives a place back, in a destructor, waits to know that others may have it now, but needs nothing from the
/// answer: a daemon that is stopped, or busy for longer, reads the request when it goes on.
constexpr std::chrono::milliseconds detach_timeout = std::chrono::seconds{1};
static_assert(detach_timeout < reply_timeout);

/// The daemon at the other end is gone. What it was asked went with it, so asking its successor is no repetition.
struct HungUp : Error {
    using Error::Error;
};

constexpr const char* start_hint = "start one: ringviewd (or ringviewd --socket PATH and RINGVIEW_SOCKET=PATH)";

constexpr const char* stopped_hint = "is it stopped, or in a debugger?";

std::string no_socket_at(const std::vector<std::string>& paths) {
    std::string places;
    std::string hidden;
    for (const std::string& path : paths) {
        (platform::is_hidden(path) ? hidden : places) += "\n  " + path;
    }
    if (!hidden.empty()) hidden = "\na folder that is closed to this user hides what is at" + hidden;
    return "there is no socket at" + places + hidden;
}

}  // namespace

Connection::Connection(std::string socket) : socket_wanted_(std::move(socket)) {
    connect();
}

template <class R>
R Connection::decode(const std::string& packet) {
    return control::decode_reply<R>(packet);
}

template control::OkReply Connection::decode(const std::string&);
template control::HelloReply Connection::decode(const std::string&);
template control::CreateReply Connection::decode(const std::string&);
template control::RingsReply Connection::decode(const std::string&);
template control::AttachReply Connection::decode(const std::string&);
template control::SubscribeReply Connection::decode(const std::string&);

void Connection::open(const std::string& path) {
    std::string no_listener;
    socket_ = platform::connect_to(path, no_listener);
    if (!socket_.is_open())
        throw Error(Error::no_daemon, "no daemon answers at " + path + ": " + no_listener, start_hint);
    socket_path_ = path;
    late_detach_replies_ = 0;
    decode<control::HelloReply>(exchange_once(control::encode(control::Request(control::HelloRequest{
                                                  platform::process_name(platform::current_pid())})))
                                    .first);
}

void Connection::connect() {
    if (!socket_wanted_.empty()) return open(socket_wanted_);
    std::string tried;
    std::string denied_hint;
    std::string hint = start_hint;  // unless one is there that does not answer
    const auto environment = control::SocketEnvironment::from_process();
    for (const control::SocketCandidate& candidate : control::client_candidates(environment)) {
        try {
            if (!candidate.refusal.empty())
                throw Error(Error::no_daemon, candidate.path + " is not used: " + candidate.refusal);
            return open(candidate.path);
        } catch (const Error& error) {
            if (error.code() == Error::denied) {
                denied_hint = error.hint();
            } else if (error.code() != Error::no_daemon) {
                throw;
            } else if (error.hint() == stopped_hint) {
                hint = stopped_hint;
            }
            tried += (tried.empty() ? "" : "; ") + error.message();
        }
    }
    if (!denied_hint.empty()) throw Error(Error::denied, tried, denied_hint);
    if (tried.empty()) tried = "no daemon is running: " + no_socket_at(control::standard_places(environment));
    throw Error(Error::no_daemon, tried, hint);
}

std::optional<Connection::Answer> Connection::receive(std::chrono::milliseconds timeout) {
    if (!platform::wait_for_packet(socket_.get(), timeout)) return std::nullopt;
    platform::Packet reply =
        platform::receive_packet(socket_.get(), control::max_packet_bytes, control::max_packet_fds);
    if (reply.kind != platform::Packet::Kind::packet) {
        socket_.reset();
        throw HungUp(Error::no_daemon, "the daemon at " + socket_path_ + " has hung up", start_hint);
    }
    if (reply.is_truncated && reply.bytes.size() == control::max_packet_bytes)
        throw Error(Error::corrupt, "the daemon's reply was cut off");
    return Answer{std::move(reply.bytes), std::move(reply.fds)};
}

Connection::Answer Connection::await_reply() {
    if (std::optional<Answer> answer = receive(reply_timeout)) return std::move(*answer);
    // A place that comes late must not be kept by nobody: the daemon takes it back from who has hung up.
    socket_.reset();
    throw Error(Error::no_daemon, "the daemon at " + socket_path_ + " does not answer", stopped_hint);
}

Connection::Answer Connection::exchange_once(const std::string& packet) {
    for (; late_detach_replies_ != 0; --late_detach_replies_) await_reply();
    // A daemon that refuses a client says why before it hangs up: what it said is looked for also where nothing more
    // can be sent.
    platform::send_packet(socket_.get(), packet, {}, true);
    return await_reply();
}

template <class Once>
auto Connection::over_a_connection(const Once& once) {
    if (socket_.is_open()) {
        try {
            return once();
        } catch (const HungUp&) {
            // It may have been restarted.
        }
    }
    connect();
    return once();
}

Connection::Answer Connection::exchange(const control::Request& request) {
    const std::string packet = control::encode(request);
    if (packet.size() > control::max_packet_bytes) {
        throw Error(Error::invalid, "the request has " + std::to_string(packet.size()) + " bytes, at most " +
                                        std::to_string(control::max_packet_bytes) + " are allowed");
    }
    if (!fork_flag_.is_in_creator()) {
        throw Error(Error::forked, "this client belongs to the parent process", "connect anew in the child");
    }
    const std::scoped_lock lock(mutex_);
    return over_a_connection([&] { return exchange_once(packet); });
}

Grant Connection::attach(const control::Request& request) {
    Answer answer = exchange(request);
    const auto reply = decode<control::AttachReply>(answer.first);
    if (answer.second.size() != control::max_packet_fds) {
        detach(reply.endpoint);  // producers would wait for a consumer that there is not
        throw Error(
            Error::corrupt,
            "the daemon's reply came with " + std::to_string(answer.second.size()) + " descriptors, 2 were expected",
            "is this process out of descriptors?");
    }
    return {std::move(answer.second[0]),
            std::move(answer.second[1]),
            reply.endpoint,
            static_cast<unsigned>(reply.index),
            reply.position,
            reply.lost,
            reply.prefault,
            reply.group ? std::optional<unsigned>(static_cast<unsigned>(*reply.group)) : std::nullopt};
}

void Connection::detach(std::uint64_t endpoint) noexcept {
    try {
        const std::string packet = control::encode(control::Request(control::DetachRequest{endpoint}));
        if (!fork_flag_.is_in_creator()) return;
        const std::scoped_lock lock(mutex_);
        over_a_connection([&] { detach_once(packet); });
    } catch (const std::exception&) {
        // Gone with the daemon, or with the ring.
    }
}

void Connection::detach_once(const std::string& packet) {
    while (late_detach_replies_ != 0 && receive(std::chrono::milliseconds::zero())) --late_detach_replies_;
    const bool is_daemon_silent = late_detach_replies_ != 0;
    // Where hundreds of requests wait for it already there is room for no more: the place stays as long as the process.
    if (platform::send_packet(socket_.get(), packet, {}, false) == platform::SendResult::would_block) return;
    ++late_detach_replies_;
    if (!is_daemon_silent && receive(detach_timeout)) --late_detach_replies_;
}

bool Connection::barrier() noexcept {
    try {
        call<control::OkReply>(control::BarrierRequest{});
        return true;
    } catch (const std::exception&) {
        return false;
    }
}

}  // namespace ringview::detail
