#include <csignal>
#include <optional>

#include <gtest/gtest.h>
#include <ringview/ringview.hpp>

#include "support/daemon.hpp"
#include "support/few_descriptors.hpp"
#include "support/raw_client.hpp"

/// Clients that live and never get what they attached to.
namespace ringview::test {
namespace {

class UnreceivedAttach : public testing::Test {
 protected:
    static Client with_ring(Client client) {
        client.create({.name = "ring", .slots = 2});
        return client;
    }
    /// Of a lossless consumer that nobody has, there would be none after the first few.
    void expect_room_for_producers() {
        Producer<> producer = client.producer("ring");
        for (int i = 0; i < 10; ++i) EXPECT_FALSE(producer.try_reserve().publish());
    }

    Daemon daemon;
    Client client = with_ring(daemon.client());
};

TEST_F(UnreceivedAttach, BecauseDescriptorsRanOutTakesNoPlace) {
    if (sanitizer_needs_descriptors) GTEST_SKIP() << "the sanitizer needs descriptors of its own";
    for (const unsigned more : {0U, 1U}) {
        std::optional<FewDescriptors> few(more);
        try {
            client.consumer("ring");
            ADD_FAILURE() << "there was room for both descriptors";
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), Error::corrupt);
            EXPECT_EQ(error.hint(), "is this process out of descriptors?");
        }
        few.reset();
        EXPECT_TRUE(client.stat("ring").consumers.empty());
    }
    expect_room_for_producers();
}

TEST_F(UnreceivedAttach, BecauseTheClientHasHungUpTakesNoPlace) {
    daemon.process().signal(SIGSTOP);
    {
        RawClient impatient(daemon.socket());
        ASSERT_TRUE(impatient.send(R"({"v":1,"op":"attach_consumer","ring":"ring"})"));
    }
    RawClient next(daemon.socket());
    daemon.process().signal(SIGCONT);
    next.ask(R"({"v":1,"op":"list"})");
    EXPECT_TRUE(client.stat("ring").consumers.empty());
    expect_room_for_producers();
}

}  // namespace
}  // namespace ringview::test
