#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <ringview/ringview.hpp>

#include "support/daemon.hpp"

namespace ringview::test {
namespace {

using namespace std::chrono_literals;

/// Runs `child` in a forked process and returns its exit status. The child leaves by
/// _exit, so that only what `child` destroys is destroyed.
int in_forked_child(const std::function<int()>& child) {
    const pid_t pid = fork();
    if (pid == 0) _exit(child());
    int status = 0;
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// The number of the first condition that does not hold; 0 where all do. What a child can say by its status.
int first_false(std::initializer_list<bool> conditions) {
    int number = 1;
    for (const bool is_true : conditions) {
        if (!is_true) return number;
        ++number;
    }
    return 0;
}

Error::Code code_of(const std::function<void()>& call) {
    try {
        call();
    } catch (const Error& error) {
        return static_cast<Error::Code>(error.code().value());
    }
    return {};
}

/// A fork in the middle of another thread's start leaves the child the locks of the sanitizers' run-time as that thread
/// held them.
bool are_other_threads_asleep() {
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
        if (task.path().filename() == std::to_string(gettid())) continue;
        std::string stat;
        std::getline(std::ifstream(task.path() / "stat"), stat);
        // The state follows the name, which stands in brackets and may contain anything.
        if (stat.substr(stat.rfind(')') + 1).rfind(" S", 0) != 0) return false;
    }
    return true;
}

class Fork : public testing::Test {
 protected:
    Fork() { client.create({.name = "ring", .slots = 8}); }

    Daemon daemon;
    Client client = daemon.client();
};

TEST_F(Fork, LeavesTheChildHandlesThatAnswerForked) {
    Producer<> producer = client.producer("ring");
    Consumer<> consumer = client.consumer("ring");
    producer.reserve().publish();
    Slot<> slot = producer.reserve();
    EXPECT_EQ(in_forked_child([&] {
                  return first_false({
                      producer.try_reserve().error() == Error::forked,
                      producer.reserve().error() == Error::forked,
                      producer.reserve(1ms).error() == Error::forked,
                      slot.publish() == Error::forked,
                      consumer.try_next().error() == Error::forked,
                      consumer.next().error() == Error::forked,
                      consumer.next(1ms).error() == Error::forked,
                      code_of([&] { client.rings(); }) == Error::forked,
                      code_of([&] { client.create({.name = "new"}); }) == Error::forked,
                      code_of([&] { client.producer("ring"); }) == Error::forked,
                      code_of([&] { client.remove("ring"); }) == Error::forked,
                  });
              }),
              0);
    slot.publish();
    EXPECT_TRUE(consumer.try_next());
    EXPECT_TRUE(consumer.try_next());
    EXPECT_EQ(client.rings().size(), 1U);
}

TEST_F(Fork, LeavesTheParentsPlacesAloneWhenTheChildDestroysItsCopies) {
    std::optional<Client> copied = daemon.client();
    std::optional<Producer<>> producer = copied->producer("ring");
    std::optional<Consumer<>> consumer = copied->consumer("ring");
    producer->reserve().publish();
    std::optional<Message<>> message = consumer->next();
    std::optional<Slot<>> slot = producer->reserve();
    EXPECT_EQ(in_forked_child([&] {
                  slot.reset();
                  message.reset();
                  producer.reset();
                  consumer.reset();
                  copied.reset();
                  return 0;
              }),
              0);
    const RingInfo info = client.stat("ring");
    ASSERT_EQ(info.producers.size(), 1U);
    ASSERT_EQ(info.consumers.size(), 1U);
    EXPECT_EQ(info.consumers[0].pos, 0U) << "the message is still the parent's";
    EXPECT_FALSE(slot->publish());
    message->release();
    EXPECT_TRUE(consumer->next());
    EXPECT_EQ(copied->rings().size(), 1U);
}

TEST_F(Fork, LetsTheChildConnectAnew) {
    Producer<> producer = client.producer("ring");
    EXPECT_EQ(in_forked_child([&] {
                  Client own = daemon.client();
                  Consumer<> consumer = own.consumer("ring", {.name = "child", .start = Start::oldest});
                  const std::int64_t pid = own.stat("ring").consumers.at(0).pid;
                  return first_false({pid == getpid(), consumer.try_next().error() == Error::empty,
                                      producer.try_reserve().error() == Error::forked});
              }),
              0);
    wait_until("the child's place", [&] { return client.stat("ring").consumers.empty(); });
    EXPECT_TRUE(producer.try_reserve());
}

TEST_F(Fork, LeavesTheThreadBehindAnEventFdToTheParent) {
    Producer<> producer = client.producer("ring");
    std::optional<Consumer<>> consumer = client.consumer("ring");
    const int fd = consumer->event_fd();
    wait_until("the other threads to be asleep", are_other_threads_asleep);
    EXPECT_EQ(in_forked_child([&] {
                  const bool is_forked = consumer->try_next().error() == Error::forked &&
                                         code_of([&] { consumer->event_fd(); }) == Error::forked;
                  Client own = daemon.client();
                  Consumer<> childs = own.consumer("ring", {.name = "child"});
                  const int childs_fd = childs.event_fd();
                  consumer.reset();
                  return first_false(
                      {is_forked, childs_fd >= 0, fcntl(fd, F_GETFD) == -1, childs.next(1ms).error() == Error::empty});
              }),
              0);
    pollfd entry{fd, POLLIN, 0};
    EXPECT_EQ(poll(&entry, 1, 0), 0);
    producer.reserve().publish();
    EXPECT_EQ(poll(&entry, 1, 20'000), 1) << "the parent's thread goes on";
    EXPECT_TRUE(consumer->try_next());
}

TEST_F(Fork, OfAChildThatLivesOnDoesNotHideTheParentsDeath) {
    // The child holds a copy of the parent's socket: only the process's own death counts.
    int pipe_ends[2];
    ASSERT_EQ(pipe(pipe_ends), 0);
    const pid_t parent = fork();
    if (parent == 0) {
        Client own = daemon.client();
        [[maybe_unused]] const Consumer<> consumer = own.consumer("ring");
        if (fork() == 0) {
            close(pipe_ends[1]);
            char byte = 0;
            _exit(read(pipe_ends[0], &byte, 1) == 0 ? 0 : 1);
        }
        _exit(0);
    }
    close(pipe_ends[0]);
    waitpid(parent, nullptr, 0);
    EXPECT_NO_THROW(wait_until("the dead parent's place", [&] { return client.stat("ring").consumers.empty(); }));
    close(pipe_ends[1]);
}

}  // namespace
}  // namespace ringview::test
