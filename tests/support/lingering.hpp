#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>

#include <gtest/gtest.h>
#include <ringview/platform/unique_fd.hpp>

namespace ringview::test {

/// A connection that is not read from, with more on its way than is ever taken: whoever closes it last waits for half a
/// minute, or until the reader goes.
class Lingering {
 public:
    Lingering() {
        const platform::UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t bytes = sizeof address;
        auto* const any_address = reinterpret_cast<sockaddr*>(&address);
        EXPECT_EQ(bind(listener.get(), any_address, bytes), 0);
        EXPECT_EQ(listen(listener.get(), 1), 0);
        EXPECT_EQ(getsockname(listener.get(), any_address, &bytes), 0);
        sender_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        EXPECT_EQ(connect(sender_.get(), any_address, bytes), 0);
        reader_.reset(accept(listener.get(), nullptr, nullptr));
        const std::array<char, 65536> data{};
        while (::send(sender_.get(), data.data(), data.size(), MSG_DONTWAIT) > 0) {
        }
        linger(1);
    }
    Lingering(const Lingering&) = delete;
    Lingering& operator=(const Lingering&) = delete;
    ~Lingering() {
        if (sender_.is_open()) linger(0);
    }

    int fd() const noexcept { return sender_.get(); }
    /// Once it has been sent to somebody, who is to close it last.
    void leave_to_others() { sender_.reset(); }

 private:
    void linger(int is_on) const {
        constexpr int seconds = 30;
        const struct linger option { is_on, seconds };
        setsockopt(sender_.get(), SOL_SOCKET, SO_LINGER, &option, sizeof option);
    }

    platform::UniqueFd reader_;
    platform::UniqueFd sender_;
};

}  // namespace ringview::test
