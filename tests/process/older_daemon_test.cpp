#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <ringview/control/messages.hpp>
#include <ringview/platform/local_socket.hpp>

#include "group_fixture.hpp"
#include "support/deadline.hpp"
#include "support/error_matcher.hpp"
#include "support/thrown_error.hpp"

/// A client of this version at a daemon of one before groups, which passes over a member of a request that it does not
/// know.
namespace ringview::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// Serves one client: a daemon behind a relay that takes the group out of what it is asked.
class OlderDaemon {
 public:
    explicit OlderDaemon(const std::string& daemon)
        : socket_(directory_.path() + "/socket"),
          listener_(platform::listen_at(socket_, 0600)),
          relay_([this, daemon] { serve(daemon); }) {}
    OlderDaemon(const OlderDaemon&) = delete;
    OlderDaemon& operator=(const OlderDaemon&) = delete;
    /// Its client must be gone.
    ~OlderDaemon() { relay_.join(); }

    const std::string& socket() const noexcept { return socket_; }
    unsigned groups_passed_over() const noexcept { return groups_passed_over_; }

 private:
    static platform::Packet receive(int socket) {
        if (!platform::wait_for_packet(socket, patience)) return {};
        return platform::receive_packet(socket, control::max_packet_bytes, control::max_packet_fds);
    }

    void serve(const std::string& daemon) {
        if (!platform::wait_for_packet(listener_.get(), patience)) return;
        const platform::UniqueFd client = platform::accept_from(listener_.get());
        std::string why_not;
        const platform::UniqueFd server = platform::connect_to(daemon, why_not);
        while (relay(client.get(), server.get()) && relay(server.get(), client.get())) {
        }
    }

    bool relay(int from, int to) {
        platform::Packet packet = receive(from);
        if (packet.kind != platform::Packet::Kind::packet) return false;
        static const std::string member = R"(,"group":"workers")";
        const std::size_t place = packet.bytes.find(member);
        if (place != std::string::npos) {
            packet.bytes.erase(place, member.size());
            ++groups_passed_over_;
        }
        std::vector<int> fds;
        for (const platform::UniqueFd& fd : packet.fds) fds.push_back(fd.get());
        return platform::send_packet(to, packet.bytes, fds, true) == platform::SendResult::sent;
    }

    platform::TemporaryDirectory directory_;
    std::string socket_;
    platform::UniqueFd listener_;
    std::atomic<unsigned> groups_passed_over_ = 0;
    std::thread relay_;
};

using OfAnOlderDaemon = GroupTest;

TEST_F(OfAnOlderDaemon, NobodyBecomesAMemberWhoWouldGetEveryMessage) {
    OlderDaemon older(daemon.socket());
    {
        Client newer = Client::connect({.socket = older.socket()});
        EXPECT_THAT(message_of(Error::version, [&] { newer.consumer("ring", {.name = "a", .group = group}); }),
                    HasSubstr("knows no groups"));
        EXPECT_THAT(client.stat("ring").consumers, IsEmpty()) << "its place is given back";
        const Consumer<> alone = newer.consumer("ring", {.name = "a"});
        EXPECT_THAT(client.stat("ring").consumers, SizeIs(1)) << "without a group it is served";
    }
    EXPECT_EQ(older.groups_passed_over(), 1U);
}

}  // namespace
}  // namespace ringview::test
