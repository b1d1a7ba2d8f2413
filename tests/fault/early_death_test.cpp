#include <gmock/gmock.h>
#include <ringview/ringview.hpp>

#include "support/daemon.hpp"

namespace ringview::test {
namespace {

/// A client asks for a place and dies before the daemon, which is stopped meanwhile, has seen either.
void expect_no_place_for_the_dead(const std::string& how) {
    Daemon daemon;
    Client client = daemon.client();
    client.create({.name = "ring", .slots = 2});
    for (int round = 0; round < 20; ++round) {
        Child dead(helper("attach_and_die", {daemon.socket(), "ring", how}));
        EXPECT_EQ(dead.read_line(), "connected");
        daemon.process().signal(SIGSTOP);
        dead.close_input();
        EXPECT_EQ(dead.wait().code, 0);
        daemon.process().signal(SIGCONT);
        wait_until(
            "no consumer", [&] { return client.stat("ring").consumers.empty(); }, std::chrono::seconds(5));
    }
    Producer<> producer = client.producer("ring");
    for (int i = 0; i < 10; ++i) EXPECT_FALSE(producer.reserve(patience).publish());
}

TEST(EarlyDeath, BeforeTheDaemonReadsTheAttachTakesNoPlace) {
    expect_no_place_for_the_dead("alone");
}

TEST(EarlyDeath, TakesNoPlaceAlsoWhereAForkedChildKeepsTheSocket) {
    expect_no_place_for_the_dead("leave_child");
}

TEST(Death, OfOneClientIsNotTakenForThatOfTheNext) {
    Daemon daemon;
    Client client = daemon.client();
    client.create({.name = "ring"});
    Child dying(helper("close_then_die", {daemon.socket(), "ring"}));
    EXPECT_EQ(dying.read_line(), "connected");
    Child next(helper("connect_when_told", {daemon.socket(), "ring"}));
    EXPECT_EQ(next.read_line(), "ready");
    // The daemon learns all at once: a connection closed, a new one, and the death of the one that closed.
    daemon.process().signal(SIGSTOP);
    dying.nudge();
    EXPECT_EQ(dying.read_line(), "closed");
    next.nudge();
    EXPECT_EQ(next.read_line(), "connected");
    dying.nudge();
    EXPECT_EQ(dying.wait().code, 0);
    daemon.process().signal(SIGCONT);
    EXPECT_THAT(next.read_line(), testing::HasSubstr(R"("ok":true)"));
    EXPECT_EQ(client.stat("ring").consumers.size(), 1U);
}

}  // namespace
}  // namespace ringview::test
