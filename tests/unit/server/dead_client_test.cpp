#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <thread>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ringview/control/codec.hpp>
#include <ringview/platform/child_process.hpp>
#include <ringview/platform/local_socket.hpp>
#include <ringview/server.hpp>

#include "support/error_matcher.hpp"
#include "support/test_instance.hpp"

namespace ringview {
namespace {

using control::Request;

constexpr std::chrono::seconds patience{20};
constexpr const char* ring = "quotes";

/// Of one exchange.
std::string answer(int connection, const Request& request) {
    platform::send_packet(connection, control::encode(request), {}, true);
    EXPECT_TRUE(platform::wait_for_packet(connection, patience));
    return platform::receive_packet(connection, control::max_packet_bytes, control::max_packet_fds).bytes;
}

/// A daemon inside this process, which serves once start() is called.
class DeadClient : public testing::Test {
 protected:
    static ServerOptions options(const std::string& socket, const std::string& instance) {
        ServerOptions made;
        made.socket = socket;
        made.instance = instance;
        made.log_level = "off";
        made.rings.emplace_back().name = ring;
        return made;
    }
    const std::string& socket() const { return server_.socket(); }
    void start() { server_.start(); }

    platform::UniqueFd connect() const {
        std::string no_listener;
        return platform::connect_to(socket(), no_listener);
    }

 private:
    platform::TemporaryDirectory directory_;
    testing_support::TestInstance instance_;
    Server server_{options(directory_.path() + "/socket", instance_.name())};
};

/// A process that attaches as `ghost` and hands its connection on, as a child of it would have inherited it.
class Ghost {
 public:
    explicit Ghost(const std::string& socket) {
        std::array<int, 2> ends{};
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) ADD_FAILURE() << "no socketpair";
        ours_.reset(ends[0]);
        const platform::UniqueFd theirs(ends[1]);
        pid_ = fork();
        if (pid_ != 0) return;
        std::string no_listener;
        const platform::UniqueFd connection = platform::connect_to(socket, no_listener);
        answer(connection.get(), control::AttachConsumerRequest{ring, "ghost"});
        platform::send_packet(theirs.get(), "mine", std::array{connection.get()}, true);
        ours_.reset();
        platform::wait_for_packet(theirs.get(), patience);  // until it is killed
        _exit(0);
    }
    Ghost(const Ghost&) = delete;
    Ghost& operator=(const Ghost&) = delete;
    ~Ghost() { die(); }

    platform::UniqueFd connection() const {
        EXPECT_TRUE(platform::wait_for_packet(ours_.get(), patience));
        platform::Packet packet = platform::receive_packet(ours_.get(), 16, 1);
        return packet.fds.empty() ? platform::UniqueFd() : std::move(packet.fds[0]);
    }
    void die() {
        if (pid_ <= 0) return;
        kill(pid_, SIGKILL);
        waitpid(std::exchange(pid_, -1), nullptr, 0);
    }

 private:
    platform::UniqueFd ours_;
    pid_t pid_ = -1;
};

std::vector<ConsumerInfo> consumers_of(int connection) {
    return control::decode_reply<control::RingsReply>(answer(connection, control::StatRequest{{}, ring}))
        .rings.at(0)
        .consumers;
}

TEST_F(DeadClient, GetsNoPlaceThroughAConnectionThatOutlivesIt) {
    Ghost ghost(socket());
    start();
    const platform::UniqueFd ghosts = ghost.connection();
    const platform::UniqueFd own = connect();
    EXPECT_EQ(consumers_of(own.get()).size(), 1U);

    ghost.die();
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!consumers_of(own.get()).empty() && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    ASSERT_THAT(consumers_of(own.get()), testing::IsEmpty());

    // Nobody would ever give this place back.
    for (const Request& request : {Request(control::AttachConsumerRequest{ring, "ghost"}),
                                   Request(control::AttachProducerRequest{ring, "ghost"})}) {
        const std::string reply = answer(ghosts.get(), request);
        EXPECT_THAT([&] { control::decode_reply<control::AttachReply>(reply); },
                    testing_support::throws_error(Error::closed, testing::HasSubstr("has died")));
    }
    EXPECT_THAT(consumers_of(own.get()), testing::IsEmpty());
}

}  // namespace
}  // namespace ringview
