#include <poll.h>
#include <sys/epoll.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <vector>

#include <gmock/gmock.h>
#include <ringview/platform/unique_fd.hpp>
#include <ringview/ringview.hpp>

#include "group_fixture.hpp"

/// Members of groups that wait, where a message is for one of them and a wake-up may reach another first. What they
/// have in common with all consumers: waiting_test.cpp.
namespace ringview::test {
namespace {

using namespace std::chrono_literals;

class GroupWaiting : public GroupTest {
 protected:
    static bool is_readable(Consumer<>& consumer) {
        pollfd entry{consumer.event_fd(), POLLIN, 0};
        return poll(&entry, 1, 0) == 1;
    }
    /// All of its threads.
    static bool is_asleep(const Child& child) {
        const std::filesystem::directory_iterator tasks("/proc/" + std::to_string(child.pid()) + "/task");
        return std::all_of(begin(tasks), end(tasks), [](const auto& task) {
            std::string stat;
            std::getline(std::ifstream(task.path() / "stat"), stat);
            // The state follows the name, which stands in brackets and may contain anything.
            return stat.substr(stat.rfind(')') + 1).starts_with(" S");
        });
    }

    /// A member with an event_fd is told of a message, and busy with other things for as long as the test likes.
    /// Another one, in a process of its own and asleep `way`, must be woken for it, and not find it only when it looks
    /// again of its own accord.
    void expect_that_a_busy_member_passes_on(const std::string& way) {
        constexpr int longest_sleep_ms = 100;
        Consumer<> busy = member("busy");
        busy.event_fd();
        Child other(helper("tell_waits", {daemon.socket(), "ring", group, "other", way}));
        ASSERT_EQ(other.read_line(), "attached");
        for (int round = 0; round < 100; ++round) {
            ASSERT_EQ(busy.try_next().error(), Error::empty);
            wait_until("both to wait",
                       [&] { return info_of("busy").waiting && info_of("other").waiting && is_asleep(other); });
            publish(1);
            const std::string line = other.read_line();
            ASSERT_EQ(std::stoull(line), published - 1);
            // Nobody knows who is told first. Where it was the busy one the other was told by it, or has slept on.
            const int waited_ms = std::stoi(line.substr(line.find(' ')));
            if (is_readable(busy) && waited_ms < longest_sleep_ms) return;
        }
        FAIL() << "whoever is told and busy keeps it to itself";
    }
};

TEST_F(GroupWaiting, AMemberThatIsToldAndBusyDoesNotKeepAMessageFromASleepingOne) {
    expect_that_a_busy_member_passes_on("next");
}

TEST_F(GroupWaiting, AMemberThatIsToldAndBusyDoesNotKeepAMessageFromAnEventFd) {
    expect_that_a_busy_member_passes_on("event_fd");
}

TEST_F(GroupWaiting, MembersOfTwoGroupsInOneEpollGetAllOfBoth) {
    constexpr std::uint64_t count = 2000;
    struct Member {
        Consumer<> consumer;
        std::string of;
    };
    std::vector<Member> members;
    for (const char* of : {"one", "other"}) {
        for (const char* name : {"-a", "-b"}) members.push_back({member(std::string(of) + name, of), of});
    }
    const platform::UniqueFd epoll(epoll_create1(EPOLL_CLOEXEC));
    for (Member& each : members) {
        epoll_event event{};
        event.events = EPOLLIN | EPOLLET;
        event.data.ptr = &each;
        ASSERT_EQ(epoll_ctl(epoll.get(), EPOLL_CTL_ADD, each.consumer.event_fd(), &event), 0);
        ASSERT_EQ(each.consumer.try_next().error(), Error::empty);
    }
    producer.reset();
    Child publisher(helper("produce", {daemon.socket(), "ring", std::to_string(count)}));
    std::map<std::string, std::uint64_t> next;
    while (next["one"] < count || next["other"] < count) {
        epoll_event event{};
        ASSERT_EQ(epoll_wait(epoll.get(), &event, 1, static_cast<int>(std::chrono::milliseconds(patience).count())), 1);
        auto& [consumer, of] = *static_cast<Member*>(event.data.ptr);
        while (const Message<> message = consumer.try_next()) ASSERT_EQ(message.position(), next[of]++) << of;
    }
    EXPECT_EQ(publisher.wait().code, 0);
}

TEST_F(GroupWaiting, AMemberThatLeavesItsEventFdAloneIsNoHindrance) {
    Consumer<> idle = member("idle");
    idle.event_fd();
    ASSERT_EQ(idle.try_next().error(), Error::empty);
    Consumer<> other = member("other");
    for (std::uint64_t number = 0; number < 200; ++number) {
        publish(1);
        expect_message(other.next(patience), number);
    }
    EXPECT_EQ(idle.try_next().error(), Error::empty);
    publish(1);
    pollfd entry{idle.event_fd(), POLLIN, 0};
    ASSERT_EQ(poll(&entry, 1, static_cast<int>(std::chrono::milliseconds(patience).count())), 1);
    expect_message(idle.try_next(), 200);
}

}  // namespace
}  // namespace ringview::test
