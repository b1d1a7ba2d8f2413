#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>

#include <gmock/gmock.h>
#include <ringview/platform/error.hpp>
#include <ringview/platform/unique_fd.hpp>

#include "support/daemon.hpp"
#include "support/raw_client.hpp"

/// Clients that mean harm: the daemon goes on, and serves everybody else.
namespace ringview::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr const char* greeting = R"({"v":1,"op":"hello"})";

class HostileClients : public testing::Test {
 protected:
    Daemon daemon{};
    RawClient bystander{daemon.socket()};
};

/// A connection that is not read from, with more on its way than is ever taken. Whoever closes it last waits.
class Lingering {
 public:
    Lingering() {
        const platform::UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t bytes = sizeof address;
        auto* const any_address = reinterpret_cast<sockaddr*>(&address);
        bind(listener.get(), any_address, bytes);
        listen(listener.get(), 1);
        getsockname(listener.get(), any_address, &bytes);
        sender_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        EXPECT_EQ(connect(sender_.get(), any_address, bytes), 0);
        reader_.reset(accept(listener.get(), nullptr, nullptr));
        const std::array<char, 65536> data{};
        while (::send(sender_.get(), data.data(), data.size(), MSG_DONTWAIT) > 0) {
        }
        linger(true);
    }
    ~Lingering() { linger(false); }

    int fd() const noexcept { return sender_.get(); }
    void leave_to_others() { sender_.reset(); }

 private:
    void linger(bool is_on) const {
        const struct linger option { is_on, 30 };
        setsockopt(sender_.get(), SOL_SOCKET, SO_LINGER, &option, sizeof option);
    }

    platform::UniqueFd sender_;
    platform::UniqueFd reader_;
};

TEST_F(HostileClients, ThatSendADescriptorWhichTakesLongToCloseHoldNobodyUp) {
    Lingering lingering;
    RawClient client(daemon.socket());
    try {
        client.send(greeting, {lingering.fd()});
        lingering.leave_to_others();
    } catch (const Error& error) {
        EXPECT_THAT(error.message(), HasSubstr("Operation not permitted")) << "the kernel lets none through";
    }
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_THAT(bystander.ask(greeting), HasSubstr(R"("ok":true)"));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 10s);
}

}  // namespace
}  // namespace ringview::test
