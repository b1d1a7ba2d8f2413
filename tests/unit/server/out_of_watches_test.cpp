#include <sys/wait.h>
#include <unistd.h>

#include <chrono>

#include <gtest/gtest.h>
#include <ringview/control/messages.hpp>
#include <ringview/platform/child_process.hpp>
#include <ringview/platform/local_socket.hpp>
#include <ringview/server.hpp>

#include "support/forbidden_call.hpp"
#include "support/test_instance.hpp"

namespace ringview {
namespace {

using namespace std::chrono_literals;

bool is_hung_up_on(const std::string& socket) {
    std::string no_listener;
    const platform::UniqueFd client = platform::connect_to(socket, no_listener);
    return client.is_open() && platform::wait_for_packet(client.get(), 20s) &&
           platform::receive_packet(client.get(), control::max_packet_bytes, 0).kind == platform::Packet::Kind::hung_up;
}

/// In a process of its own: what is forbidden stays so.
int serve_out_of_watches(const std::string& socket, const std::string& instance) {
    ServerOptions options;
    options.socket = socket;
    options.instance = instance;
    options.log_level = "off";
    options.limits.clients = 2;
    Server server(options);
    test::forbid_watching();
    server.start();
    for (int i = 0; i < 5; ++i) {
        if (!is_hung_up_on(socket)) return 1 + i;
    }
    return 0;
}

TEST(ServerOutOfWatches, RefusesClientsAndGoesOn) {
    const platform::TemporaryDirectory directory;
    const testing_support::TestInstance instance;
    const pid_t child = fork();
    if (child == 0) _exit(serve_out_of_watches(directory.path() + "/socket", instance.name()));
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
    EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace ringview
