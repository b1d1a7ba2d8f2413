#include "helper_misuse.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <stdexcept>

#include <ringview/control/codec.hpp>
#include <ringview/platform/local_socket.hpp>
#include <ringview/platform/mapping.hpp>
#include <ringview/ringview.hpp>

#include "support/deadline.hpp"
#include "support/numbered.hpp"
#include "support/raw_client.hpp"

namespace ringview::test {
namespace {

void say(const char* line) {
    std::puts(line);
    std::fflush(stdout);
}

void require(bool is_true, const char* what) {
    if (!is_true) throw std::runtime_error(what);
}

void wait_for_nudge() {
    char byte = 0;
    require(read(STDIN_FILENO, &byte, 1) == 1, "the test has gone");
}

/// From here to end_of_steps() the parent decides after each instruction whether we live on.
void begin_steps() {
    say("ready");
    require(ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0, "cannot be traced");
    raise(SIGSTOP);
}
int end_of_steps() {
    raise(SIGUSR1);
    return 0;
}

}  // namespace

int write_through_view(const std::vector<std::string>& a) {
    Consumer<> consumer = Client::connect({.socket = a[0]}).consumer(a[1], {.start = Start::oldest});
    const Message<> message = consumer.next();
    require(static_cast<bool>(message), "no message");
    say("writes");
    *const_cast<volatile std::byte*>(message.bytes().data()) = std::byte{1};
    say("written");
    return 0;
}

int attack_segments(const std::vector<std::string>& a) {
    RawClient client(a[0]);
    const bool is_producer = a.at(2) == "producer";
    const control::Request request = is_producer ? control::Request(control::AttachProducerRequest{a[1], ""})
                                                 : control::Request(control::AttachConsumerRequest{a[1], ""});
    require(client.send(control::encode(request)), "no daemon");
    require(platform::wait_for_packet(client.fd(), patience), "no answer");
    const platform::Packet grant =
        platform::receive_packet(client.fd(), control::max_packet_bytes, control::max_packet_fds);
    require(grant.fds.size() == control::max_packet_fds, "no descriptors");
    const auto outcome = [](const char* what, auto call) {
        errno = 0;
        say((std::string(what) + ": " + (call() < 0 ? strerrorname_np(errno) : "ok")).c_str());
    };
    const int slots = grant.fds[0].get();
    const int cursors = grant.fds[1].get();
    const auto anew = [](int fd) { return open(("/proc/self/fd/" + std::to_string(fd)).c_str(), O_RDWR); };
    const auto size_of = [](int fd) { return static_cast<off_t>(platform::file_bytes(fd)); };
    constexpr off_t page = 4096;
    outcome("grow slots", [&] { return ftruncate(slots, size_of(slots) + page); });
    outcome("shrink slots", [&] { return ftruncate(slots, page); });
    outcome("shrink cursors", [&] { return ftruncate(cursors, page); });
    outcome("grow cursors", [&] { return ftruncate(cursors, size_of(cursors) + page); });
    outcome("add a seal", [&] { return fcntl(cursors, F_ADD_SEALS, F_SEAL_WRITE); });
    if (is_producer) return 0;
    outcome("map slots", [&] { return mmap(nullptr, page, PROT_WRITE, MAP_SHARED, slots, 0) == MAP_FAILED ? -1 : 0; });
    outcome("write slots", [&] { return pwrite(slots, "x", 1, 0); });
    outcome("punch slots", [&] { return fallocate(slots, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, page); });
    outcome("chmod slots", [&] { return fchmod(slots, 0777); });
    outcome("open slots", [&] { return anew(slots); });
    return 0;
}

int attach_and_die(const std::vector<std::string>& a) {
    RawClient client(a[0]);
    client.ask(control::encode(control::Request(control::HelloRequest{"attach_and_die"})));
    say("connected");
    // The test stops the daemon, then closes our input.
    char byte = 0;
    require(read(STDIN_FILENO, &byte, 1) == 0, "input");
    // So many that the daemon turns to other clients, and to our death, before it gets to the last one.
    constexpr int many = 50;
    for (int i = 0; i < many; ++i) client.send(control::encode(control::Request(control::BarrierRequest{})));
    client.send(control::encode(control::Request(control::AttachConsumerRequest{a[1], "dead"})));
    if (a.at(2) == "leave_child" && fork() == 0) {
        // Keeps the socket, not our pipes, which the test reads to their end.
        for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) close(fd);
        // Until the daemon hangs up.
        while (client.receive()) {
        }
    }
    _exit(0);
}

int close_then_die(const std::vector<std::string>& a) {
    {
        RawClient client(a[0]);
        client.ask(control::encode(control::Request(control::HelloRequest{"close_then_die"})));
        say("connected");
        wait_for_nudge();
    }
    say("closed");
    wait_for_nudge();
    _exit(0);
}

int connect_when_told(const std::vector<std::string>& a) {
    say("ready");
    wait_for_nudge();
    RawClient client(a[0]);
    say("connected");
    say(client.ask(control::encode(control::Request(control::AttachConsumerRequest{a[1], "late"}))).c_str());
    wait_for_nudge();
    return 0;
}

int step(const std::vector<std::string>& a) {
    Client client = Client::connect({.socket = a[0]});
    const std::string& operation = a.at(2);
    if (operation == "publish_tagged") {
        Producer<> producer = client.producer(a[1], {.name = "stepped"});
        begin_steps();
        Slot<> slot = producer.try_reserve();
        if (!slot) return end_of_steps();
        slot.resize(tagged_length(stepped_number, slot.capacity()));
        write_tagged(slot.bytes(), producer.id(), stepped_number);
        slot.publish();
        return end_of_steps();
    }
    if (operation == "abandon") {
        Producer<> producer = client.producer(a[1], {.name = "stepped"});
        begin_steps();
        { const Slot<> slot = producer.try_reserve(); }
        return end_of_steps();
    }
    if (operation == "publish" || operation == "sleep_reserve") {
        Producer<> producer = client.producer(a[1]);
        const std::uint64_t number = client.stat(a[1]).head;
        begin_steps();
        if (operation == "sleep_reserve") {
            const Slot<> slot = producer.reserve(std::chrono::milliseconds(1));
            return end_of_steps();
        }
        Slot<> slot = producer.try_reserve();
        slot.resize(numbered_least_bytes);
        write_numbered(slot.bytes(), number);
        slot.publish();
        return end_of_steps();
    }
    const Start start = operation == "next" ? Start::oldest : Start::next;
    const Policy policy = operation == "lossy_next" ? Policy::lossy : Policy::lossless;
    Consumer<> consumer = client.consumer(a[1], {.name = "stepped", .policy = policy, .start = start});
    begin_steps();
    if (operation == "sleep_next") {
        const Message<> message = consumer.next(std::chrono::milliseconds(1));
    } else {
        consumer.try_next().release();
    }
    return end_of_steps();
}

}  // namespace ringview::test
