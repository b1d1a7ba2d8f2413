#include "raw_client.hpp"

#include <stdexcept>

#include <ringview/control/messages.hpp>
#include <ringview/platform/local_socket.hpp>

#include "deadline.hpp"

namespace ringview::test {

RawClient::RawClient(const std::string& socket) {
    std::string why_not;
    socket_ = platform::connect_to(socket, why_not);
    if (!socket_.is_open()) throw std::runtime_error("cannot connect: " + why_not);
}

bool RawClient::send(std::string_view packet, const std::vector<int>& fds) {
    return platform::send_packet(socket_.get(), packet, fds, true) == platform::SendResult::sent;
}

bool RawClient::try_send(std::string_view packet) {
    return platform::send_packet(socket_.get(), packet, {}, false) == platform::SendResult::sent;
}

std::optional<std::string> RawClient::receive() {
    if (!platform::wait_for_packet(socket_.get(), patience)) throw std::runtime_error("the daemon does not answer");
    platform::Packet packet =
        platform::receive_packet(socket_.get(), control::max_packet_bytes, control::max_packet_fds);
    if (packet.kind != platform::Packet::Kind::packet) return std::nullopt;
    return std::move(packet.bytes);
}

std::string RawClient::ask(std::string_view packet) {
    if (!send(packet)) throw std::runtime_error("the daemon has hung up");
    std::optional<std::string> answer = receive();
    if (!answer) throw std::runtime_error("the daemon has hung up instead of answering");
    return *std::move(answer);
}

}  // namespace ringview::test
