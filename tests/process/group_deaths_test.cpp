#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <map>
#include <optional>
#include <random>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <ringview/ringview.hpp>

#include "group_fixture.hpp"

/// What becomes of the messages of a member that ends, is killed, or forks.
namespace ringview::test {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::SizeIs;

class GroupDeaths : public GroupTest {
 protected:
    /// A member in a process of its own that logs what it has read.
    std::unique_ptr<Child> worker(const std::string& name, std::uint64_t batch) {
        return std::make_unique<Child>(
            helper("work", {daemon.socket(), "ring", group, name, log_path, std::to_string(batch)}));
    }
    struct Deliveries {
        unsigned first = 0;
        unsigned again = 0;
    };
    /// By position.
    std::map<std::uint64_t, Deliveries> logged() const {
        std::map<std::uint64_t, Deliveries> all;
        std::ifstream log(log_path);
        for (std::string line; std::getline(log, line);) {
            Deliveries& of_position = all[std::stoull(line)];
            ++(line.ends_with(" again") ? of_position.again : of_position.first);
        }
        return all;
    }

    const std::string log_path = daemon.directory() + "/log";
};

TEST_F(GroupDeaths, HandWhatAKilledMemberHeldToAnotherAndNothingElse) {
    Consumer<> heir = member("heir");
    publish(3);
    const auto killed = holder("killed", 3);
    publish(2);
    expect_message(heir.try_next(), 3);
    killed->kill();
    wait_until("the dead member", [&] { return has_members(1); });
    for (std::uint64_t number = 0; number < 3; ++number) expect_message(heir.next(patience), number, true);
    expect_message(heir.try_next(), 4);
    EXPECT_EQ(heir.try_next().error(), Error::empty);
    EXPECT_EQ(heir.redelivered(), 3U);
    EXPECT_EQ(info_of("heir").delivered, 5U);
    EXPECT_EQ(info_of("heir").redelivered, 3U);
    publish(slots);
    EXPECT_EQ(info().lag, slots) << "every slot is free again";
}

TEST_F(GroupDeaths, WakeAMemberThatSleepsForWhatTheDeadOneHeld) {
    publish(1);
    const auto killed = holder("killed");
    Child sleeper(helper("tell_waits", {daemon.socket(), "ring", group, "sleeper", "next"}));
    EXPECT_EQ(sleeper.read_line(), "attached");
    wait_until("a member that sleeps", [&] { return info_of("sleeper").waiting; });
    killed->kill();
    EXPECT_THAT(sleeper.read_line(), testing::StartsWith("0 "));
    EXPECT_EQ(info_of("sleeper").redelivered, 1U);
}

TEST_F(GroupDeaths, HandTheSameMessageOnAsOftenAsItsReaderDies) {
    client.subscribe("ring", {.group = "durable"});
    publish(1);
    for (int i = 0; i < 5; ++i) holder("reader", 1, "durable")->kill();
    wait_until("the dead member", [&] { return info("durable").members == 0; });
    Consumer<> last = member("last", "durable");
    expect_message(last.try_next(), 0, true);
    EXPECT_EQ(last.redelivered(), 1U);
}

TEST_F(GroupDeaths, OfMoreMembersThanARingHasPlacesLeaveItPlaces) {
    Consumer<> heir = member("heir");
    for (std::uint64_t number = 0; number < 80; ++number) {
        publish(1);
        const auto killed = holder("killed" + std::to_string(number));
        killed->kill();
        // Dead before the next one comes: its place is what the next one may need.
        wait_until("the dead member", [&] { return has_members(1); });
        expect_message(heir.next(patience), number, true);
    }
    EXPECT_EQ(heir.redelivered(), 80U);
    EXPECT_EQ(info().lag, 0U);
}

TEST_F(GroupDeaths, AtAnyMomentOfAStreamLoseNothingAndRepeatOnlyWhatIsSaidToBeRepeated) {
    constexpr int deaths = 60;
    std::ofstream(log_path).flush();
    std::mt19937_64 random(std::random_device{}());
    std::vector<std::unique_ptr<Child>> workers;
    const auto start_one = [&] {
        const std::uint64_t batch = workers.size() % 2 == 0 ? 1 : 5;
        workers.push_back(worker("worker" + std::to_string(workers.size()), batch));
        EXPECT_EQ(workers.back()->read_line(), "attached");
    };
    for (int i = 0; i < 3; ++i) start_one();
    std::atomic<bool> is_over{false};
    std::thread producing([&] {
        while (!is_over.load()) publish(1);
    });
    for (int i = 0; i < deaths; ++i) {
        start_one();
        std::this_thread::sleep_for(std::chrono::microseconds(random() % 2000));
        const std::size_t alive = workers.size() - static_cast<std::size_t>(i);
        std::swap(workers[static_cast<std::size_t>(i)], workers[static_cast<std::size_t>(i) + random() % alive]);
        EXPECT_EQ(workers[static_cast<std::size_t>(i)]->kill().code, 128 + SIGKILL);
    }
    is_over.store(true);
    producing.join();
    wait_until("all messages to be read", [&] { return info().lag == 0; });
    EXPECT_TRUE(has_members(3)) << "the dead ones have left nothing behind";
    client.remove("ring");
    for (std::size_t i = deaths; i < workers.size(); ++i) EXPECT_EQ(workers[i]->wait().code, 0);

    const std::map<std::uint64_t, Deliveries> all = logged();
    EXPECT_THAT(all, SizeIs(published));
    std::uint64_t again = 0;
    for (const auto& [position, deliveries] : all) {
        EXPECT_LE(deliveries.first, 1U) << position;
        again += deliveries.again;
    }
    // Each dead member has had a batch at most.
    EXPECT_LE(again, deaths * 5U);
}

TEST_F(GroupDeaths, OfAllMembersOfADurableGroupAtOnceLoseNothing) {
    client.subscribe("ring", {.group = "durable"});
    std::vector<std::unique_ptr<Child>> holders;
    for (std::uint64_t i = 0; i < 4; ++i) {
        publish(2);
        holders.push_back(holder("holder" + std::to_string(i), 2, "durable"));
    }
    for (const auto& each : holders) each->signal(SIGKILL);
    wait_until("the dead members", [&] { return info("durable").members == 0; });
    EXPECT_EQ(info("durable").pos, 0U);
    Consumer<> heir = member("heir", "durable");
    std::map<std::uint64_t, bool> redelivered;
    while (const Message<> message = heir.try_next()) {
        EXPECT_TRUE(is_numbered(message.bytes(), message.position()));
        redelivered[message.position()] = message.is_redelivered();
    }
    EXPECT_THAT(redelivered, SizeIs(8));
    for (const auto& [position, is_redelivered] : redelivered) EXPECT_TRUE(is_redelivered) << position;
    EXPECT_EQ(info("durable").lag, 0U);
}

TEST_F(GroupDeaths, DoNotKeepAMemberWithoutANameFromTakingOver) {
    client.subscribe("ring", {.group = "durable"});
    publish(2);
    holder("killed", 2, "durable")->kill();
    wait_until("the dead member", [&] { return info("durable").members == 0; });
    Consumer<> heir = client.consumer("ring", {.group = "durable"});
    Consumer<> other = client.consumer("ring", {.group = "durable"});
    expect_message(heir.try_next(), 0, true);
    expect_message(other.try_next(), 1, true);
}

TEST_F(GroupDeaths, ByClosingAHandleWaitForTheLastMessageThatItHandedOut) {
    Consumer<> heir = member("heir");
    std::optional<Consumer<>> closed = member("closed");
    publish(2);
    Message<> held = closed->try_next();
    closed.reset();
    EXPECT_TRUE(has_members(2)) << "its message is still being read";
    expect_message(heir.try_next(), 1);
    EXPECT_EQ(heir.try_next().error(), Error::empty);
    expect_message(held, 0);
    held.release();
    EXPECT_TRUE(has_members(1));
    EXPECT_EQ(heir.try_next().error(), Error::empty);
    EXPECT_EQ(info().lag, 0U);
}

TEST_F(GroupDeaths, DoNotIncludeTheForkOfAMember) {
    Consumer<> parent = member("parent");
    Consumer<> other = member("other");
    publish(3);
    std::optional<Message<>> held = parent.try_next();
    const pid_t child = fork();
    if (child == 0) {
        const bool is_forked = parent.try_next().error() == Error::forked && parent.next().error() == Error::forked &&
                               parent.try_next(3).error() == Error::forked && parent.next(3).error() == Error::forked;
        held.reset();
        { const Consumer<> gone = std::move(parent); }
        _exit(is_forked ? 0 : 1);
    }
    int status = -1;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(info().members, 2U);
    EXPECT_EQ(info().pos, 0U) << "the message is still the parent's";
    expect_message(other.try_next(), 1);
    held->release();
    EXPECT_EQ(info().pos, 2U);
    expect_message(parent.try_next(), 2);
    EXPECT_EQ(other.redelivered() + parent.redelivered(), 0U);
}

TEST_F(GroupDeaths, WhileTheDaemonIsDeadDoNotStopTheOthers) {
    Consumer<> heir = member("heir");
    publish(1);
    const auto killed = holder("killed");
    daemon.kill();
    killed->kill();
    publish(1);
    expect_message(heir.next(patience), 1);
    EXPECT_EQ(heir.try_next().error(), Error::empty) << "nobody has said yet that it is dead";
}

}  // namespace
}  // namespace ringview::test
