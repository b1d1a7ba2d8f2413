#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ringview/platform/child_process.hpp>
#include <ringview/platform/local_socket.hpp>
#include <ringview/platform/process.hpp>

#include "support/error_matcher.hpp"
#include "support/few_descriptors.hpp"
#include "support/lingering.hpp"

namespace ringview::platform {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing_support::throws_error;

struct Pair {
    UniqueFd client;
    UniqueFd server;
};

class LocalSocket : public testing::Test {
 protected:
    std::string path() const { return directory_.path() + "/socket"; }
    Pair connected() const {
        const UniqueFd listener = listen_at(path(), 0600);
        std::string no_listener;
        Pair pair;
        pair.client = connect_to(path(), no_listener);
        pair.server = accept_from(listener.get());
        unlink(path().c_str());
        EXPECT_TRUE(pair.client.is_open() && pair.server.is_open()) << no_listener;
        return pair;
    }

 private:
    TemporaryDirectory directory_;
};

std::size_t open_descriptors() {
    const std::filesystem::directory_iterator entries("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
}

/// What was not wanted is closed by another thread.
void expect_soon_open(std::size_t count) {
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (open_descriptors() != count && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    EXPECT_EQ(open_descriptors(), count);
}

UniqueFd some_file() {
    return UniqueFd(open("/dev/null", O_RDONLY | O_CLOEXEC));
}

TEST_F(LocalSocket, CarriesPacketsWholeAndInOrder) {
    const Pair pair = connected();
    EXPECT_EQ(send_packet(pair.client.get(), "first", {}, false), SendResult::sent);
    EXPECT_EQ(send_packet(pair.client.get(), "second", {}, false), SendResult::sent);
    EXPECT_TRUE(wait_for_packet(pair.server.get(), 0ms));
    for (const char* expected : {"first", "second"}) {
        const Packet packet = receive_packet(pair.server.get(), 100, 0);
        EXPECT_EQ(packet.kind, Packet::Kind::packet);
        EXPECT_EQ(packet.bytes, expected);
        EXPECT_FALSE(packet.is_truncated);
    }
    EXPECT_EQ(receive_packet(pair.server.get(), 100, 0).kind, Packet::Kind::nothing_yet);
    EXPECT_FALSE(wait_for_packet(pair.server.get(), 1ms));
}

TEST_F(LocalSocket, HandsOverDescriptorsThatNameTheSameFiles) {
    const Pair pair = connected();
    std::array<int, 2> pipe_ends{};
    ASSERT_EQ(pipe2(pipe_ends.data(), O_CLOEXEC), 0);
    {
        const UniqueFd read_end(pipe_ends[0]);
        const UniqueFd write_end(pipe_ends[1]);
        send_packet(pair.client.get(), "two", pipe_ends, false);
    }
    const Packet packet = receive_packet(pair.server.get(), 100, 2);
    ASSERT_EQ(packet.fds.size(), 2U);
    EXPECT_EQ(write(packet.fds[1].get(), "x", 1), 1);
    char received = 0;
    EXPECT_EQ(read(packet.fds[0].get(), &received, 1), 1);
    EXPECT_EQ(received, 'x');
    EXPECT_NE(fcntl(packet.fds[0].get(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST_F(LocalSocket, TellsAnEmptyPacketFromAHangUp) {
    Pair pair = connected();
    send_packet(pair.client.get(), "", {}, false);
    const Packet empty = receive_packet(pair.server.get(), 100, 0);
    EXPECT_EQ(empty.kind, Packet::Kind::packet);
    EXPECT_EQ(empty.bytes, "");
    pair.client.reset();
    EXPECT_TRUE(wait_for_packet(pair.server.get(), 20s));
    EXPECT_EQ(receive_packet(pair.server.get(), 100, 0).kind, Packet::Kind::hung_up);
}

TEST_F(LocalSocket, DeliversWhatWasSentBeforeAHangUp) {
    Pair pair = connected();
    send_packet(pair.client.get(), "last words", {}, false);
    pair.client.reset();
    EXPECT_EQ(receive_packet(pair.server.get(), 100, 0).bytes, "last words");
    EXPECT_EQ(receive_packet(pair.server.get(), 100, 0).kind, Packet::Kind::hung_up);
}

TEST_F(LocalSocket, TellsThatAPacketWasLargerThanWanted) {
    const Pair pair = connected();
    send_packet(pair.client.get(), std::string(101, 'x'), {}, false);
    send_packet(pair.client.get(), std::string(100, 'y'), {}, false);
    EXPECT_TRUE(receive_packet(pair.server.get(), 100, 0).is_truncated);
    const Packet next = receive_packet(pair.server.get(), 100, 0);
    EXPECT_FALSE(next.is_truncated);
    EXPECT_EQ(next.bytes, std::string(100, 'y'));
}

TEST_F(LocalSocket, ClosesDescriptorsThatWereNotWanted) {
    const Pair pair = connected();
    const UniqueFd file = some_file();
    const std::size_t before = open_descriptors();
    send_packet(pair.client.get(), "three", std::array{file.get(), file.get(), file.get()}, false);
    const Packet packet = receive_packet(pair.server.get(), 100, 2);
    EXPECT_TRUE(packet.is_truncated);
    EXPECT_TRUE(packet.fds.empty());
    expect_soon_open(before);
}

TEST_F(LocalSocket, ClosesDescriptorsOfAPacketWithMoreThanThereIsRoomFor) {
    const Pair pair = connected();
    const UniqueFd file = some_file();
    const std::size_t before = open_descriptors();
    // As a hostile peer would, whom our own bound on a packet does not bind.
    std::array<int, 200> fds{};
    fds.fill(file.get());
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof fds)> control{};
    iovec part{const_cast<char*>("many"), 4};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof fds);
    std::copy(fds.begin(), fds.end(), reinterpret_cast<int*>(CMSG_DATA(header)));
    ASSERT_EQ(sendmsg(pair.client.get(), &message, 0), 4);
    const Packet packet = receive_packet(pair.server.get(), 100, 2);
    EXPECT_TRUE(packet.is_truncated);
    expect_soon_open(before);
}

TEST_F(LocalSocket, WaitsForNoDescriptorThatTakesLongToClose) {
    const Pair pair = connected();
    test::Lingering first;
    test::Lingering second;
    const auto begin = std::chrono::steady_clock::now();
    send_packet(pair.client.get(), "unwanted", std::array{first.fd()}, false);
    first.leave_to_others();
    EXPECT_TRUE(receive_packet(pair.server.get(), 100, 0).is_truncated);
    send_packet(pair.client.get(), "", {}, false);
    send_packet(pair.client.get(), "unread", std::array{second.fd()}, false);
    second.leave_to_others();
    discard_packets(pair.server.get());
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 10s);
    EXPECT_EQ(send_packet(pair.client.get(), "late", {}, false), SendResult::hung_up);
}

TEST_F(LocalSocket, SaysWhereThereIsNoRoomForAPidfd) {
    if (test::sanitizer_needs_descriptors) GTEST_SKIP() << "the sanitizer needs descriptors of its own";
    const Pair pair = connected();
    const PeerCredentials credentials = peer_credentials(pair.server.get());
    const test::FewDescriptors none(0);
    EXPECT_THAT([&] { peer_pidfd(pair.server.get(), credentials); },
                throws_error(Error::system, HasSubstr("Too many open files")));
}

TEST_F(LocalSocket, RefusesToSendMoreDescriptorsThanAPacketCarries) {
    const Pair pair = connected();
    const UniqueFd file = some_file();
    EXPECT_THAT([&] { send_packet(pair.client.get(), "x", std::vector<int>(17, file.get()), false); },
                throws_error(Error::invalid));
}

TEST_F(LocalSocket, DoesNotBlockWhereThePeerDoesNotRead) {
    const Pair pair = connected();
    const std::string large(60000, 'x');
    SendResult result = SendResult::sent;
    for (int i = 0; i < 10000 && result == SendResult::sent; ++i)
        result = send_packet(pair.client.get(), large, {}, false);
    EXPECT_EQ(result, SendResult::would_block);
}

TEST_F(LocalSocket, SaysThatThePeerHasHungUpInsteadOfRaisingASignal) {
    Pair pair = connected();
    pair.server.reset();
    EXPECT_EQ(send_packet(pair.client.get(), "x", {}, false), SendResult::hung_up);
}

TEST_F(LocalSocket, WhatWasNotReadDoesNotTurnAHangUpIntoAnError) {
    Pair pair = connected();
    send_packet(pair.client.get(), "never read", {}, false);
    pair.server.reset();
    EXPECT_EQ(receive_packet(pair.client.get(), 100, 0).kind, Packet::Kind::hung_up);
}

TEST_F(LocalSocket, HasTheModeThatIsAskedForWhateverTheUmask) {
    const mode_t before = umask(0077);
    const UniqueFd listener = listen_at(path(), 0666);
    umask(before);
    struct stat facts {};
    ASSERT_EQ(stat(path().c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777U, 0666U);
}

TEST_F(LocalSocket, NeedsAFreePath) {
    const UniqueFd listener = listen_at(path(), 0600);
    EXPECT_THAT([&] { listen_at(path(), 0600); }, throws_error(Error::system, HasSubstr("Address already in use")));
}

TEST_F(LocalSocket, SaysWhyNobodyAnswers) {
    std::string reason;
    EXPECT_FALSE(connect_to(path(), reason).is_open());
    EXPECT_THAT(reason, HasSubstr("No such file"));
    listen_at(path(), 0600).reset();  // a stale socket
    EXPECT_FALSE(connect_to(path(), reason).is_open());
    EXPECT_THAT(reason, HasSubstr("Connection refused"));
}

TEST_F(LocalSocket, RefusesAPathThatNoSocketCanHave) {
    std::string reason;
    const std::string longest(107, 'x');
    EXPECT_NO_THROW(connect_to(longest, reason));
    EXPECT_THAT([&] { connect_to(longest + "x", reason); }, throws_error(Error::invalid, HasSubstr("1 to 107 bytes")));
    EXPECT_THAT([&] { listen_at("", 0600); }, throws_error(Error::invalid));
}

TEST_F(LocalSocket, AcceptsNothingWhereNobodyWaits) {
    const UniqueFd listener = listen_at(path(), 0600);
    EXPECT_FALSE(accept_from(listener.get()).is_open());
}

TEST_F(LocalSocket, KnowsWhoIsAtTheOtherEnd) {
    const Pair pair = connected();
    const PeerCredentials peer = peer_credentials(pair.server.get());
    EXPECT_EQ(peer.pid, getpid());
    EXPECT_EQ(peer.uid, geteuid());
    EXPECT_EQ(peer.gid, getegid());
    std::vector<gid_t> groups(static_cast<std::size_t>(getgroups(0, nullptr)));
    ASSERT_GE(getgroups(static_cast<int>(groups.size()), groups.data()), 0);
    EXPECT_THAT(peer.groups, testing::UnorderedElementsAreArray(groups));
}

TEST_F(LocalSocket, ThePidfdOfThePeerTellsItsDeath) {
    const UniqueFd listener = listen_at(path(), 0600);
    const pid_t child = fork();
    if (child == 0) {
        std::string reason;
        const UniqueFd socket = connect_to(path(), reason);
        wait_for_packet(socket.get(), 60s);  // until it is killed
        _exit(0);
    }
    ASSERT_TRUE(wait_for_packet(listener.get(), 20s));
    const UniqueFd server = accept_from(listener.get());
    const PeerCredentials peer = peer_credentials(server.get());
    EXPECT_EQ(peer.pid, child);
    const UniqueFd pidfd = peer_pidfd(server.get(), peer);
    EXPECT_NE(fcntl(pidfd.get(), F_GETFD) & FD_CLOEXEC, 0);
    EXPECT_TRUE(is_alive(pidfd.get()));
    kill(child, SIGKILL);
    ASSERT_EQ(waitpid(child, nullptr, 0), child);
    EXPECT_FALSE(is_alive(pidfd.get()));
}

}  // namespace
}  // namespace ringview::platform
