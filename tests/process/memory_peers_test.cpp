#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <ringview/ringview.hpp>

#include "support/daemon.hpp"
#include "support/huge_page_pool.hpp"
#include "support/thrown_error.hpp"

/// A ring's memory between several processes: hostile ones, ones with less rights, ones that die.
namespace ringview::test {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::SizeIs;

RingSpec memfd_ring() {
    RingSpec spec;
    spec.name = "ring";
    spec.shape = {-1};
    spec.slot_bytes = 65536;
    spec.slots = 32;
    spec.backend = Backend::memfd;
    spec.access = {{"any"}, {"any"}, {}};
    return spec;
}

/// What a process of another user, attached as `role`, brings about with its descriptors.
std::string attack_as(const std::string& role) {
    const Daemon daemon("[daemon]\nsocket_mode = 0o666\n");
    Client client = daemon.client();
    client.create(memfd_ring());
    Consumer<> consumer = client.consumer("ring");
    const std::vector<std::string> stranger{"--reuid", "54321", "--regid", "54321", "--clear-groups"};
    const Ended ended = Child(helper("attack_segments", {daemon.socket(), "ring", role}), stranger).wait();
    EXPECT_EQ(ended.code, 0) << ended.errors;
    EXPECT_EQ(consumer.try_next().error(), Error::empty) << "the ring is as it was";
    EXPECT_EQ(client.stat("ring").name, "ring") << "and so is the daemon";
    return ended.output;
}

TEST(MemfdPeers, AConsumerCanNeitherResizeASegmentNorWriteASlotNorOpenItForThat) {
    if (geteuid() != 0) GTEST_SKIP() << "only root can start a program as another user";
    EXPECT_EQ(attack_as("consumer"),
              "grow slots: EINVAL\nshrink slots: EINVAL\nshrink cursors: EPERM\ngrow cursors: EPERM\n"
              "add a seal: EPERM\nmap slots: EACCES\nwrite slots: EBADF\npunch slots: EBADF\nchmod slots: EPERM\n"
              "open slots: EACCES\n");
}

TEST(MemfdPeers, AProducerCannotResizeASegment) {
    if (geteuid() != 0) GTEST_SKIP() << "only root can start a program as another user";
    EXPECT_EQ(
        attack_as("producer"),
        "grow slots: EPERM\nshrink slots: EPERM\nshrink cursors: EPERM\ngrow cursors: EPERM\nadd a seal: EPERM\n");
}

TEST(MemfdPeers, GoOnWithoutTheirDaemonBesideARingOfTheSameNameOfTheNextOne) {
    Daemon daemon;
    Client client = daemon.client();
    client.create(memfd_ring());
    Producer<> producer = client.producer("ring");
    Consumer<> consumer = client.consumer("ring");
    daemon.kill();
    daemon.start();
    EXPECT_TRUE(client.create(memfd_ring())) << "the new daemon knows of no such ring";
    Consumer<> of_the_new_one = client.consumer("ring", {.name = "new"});
    for (std::uint64_t i = 0; i < 100; ++i) {
        Slot<> slot = producer.reserve(patience);
        ASSERT_TRUE(slot) << slot.error().message();
        slot.bytes()[0] = static_cast<std::byte>(i);
        ASSERT_FALSE(slot.publish());
        const Message<> message = consumer.next(patience);
        ASSERT_TRUE(message) << message.error().message();
        ASSERT_EQ(message.bytes()[0], static_cast<std::byte>(i));
    }
    EXPECT_EQ(of_the_new_one.try_next().error(), Error::empty);
    EXPECT_THAT(daemon.files_in_shm(), SizeIs(1)) << "the lock file";
}

/// How much of the slots another process has in its page table, in kB.
std::uint64_t slots_mapped_by(pid_t pid) {
    std::ifstream smaps("/proc/" + std::to_string(pid) + "/smaps");
    bool is_of_slots = false;
    for (std::string line; std::getline(smaps, line);) {
        if (line.find("-s ") != std::string::npos || line.find("r--s ") != std::string::npos)
            is_of_slots = line.find(".ring.slots") != std::string::npos;
        if (is_of_slots && line.starts_with("Rss:")) return std::stoull(line.substr(4));
    }
    ADD_FAILURE() << "pid " << pid << " has no slots mapped";
    return 0;
}

/// That of a consumer that has attached and read nothing yet.
std::uint64_t mapped_at_attach(bool prefault, const std::vector<std::string>& launcher = {}) {
    const Daemon daemon;
    Client client = daemon.client();
    RingSpec spec = memfd_ring();
    spec.prefault = prefault;
    client.create(spec);
    std::vector<std::string> words = launcher;
    const std::vector<std::string> consume = helper("consume", {daemon.socket(), "ring", "c", "1", "65536"});
    words.insert(words.end(), consume.begin(), consume.end());
    Child consumer(words);
    EXPECT_EQ(consumer.read_line(), "attached");
    return slots_mapped_by(consumer.pid());
}

TEST(PrefaultedPeers, HaveEveryPageInTheirTableOnceTheyAreAttached) {
    constexpr std::uint64_t slots_kib = 32 * 64;
    EXPECT_GE(mapped_at_attach(true), slots_kib);
    EXPECT_LT(mapped_at_attach(false), slots_kib / 4);
}

TEST(PrefaultedPeers, TouchThePagesThemselvesWhereTheKernelKnowsNoWayToDoItForThem) {
    EXPECT_GE(mapped_at_attach(true, helper("without_call", {"madvise_populate"})), 32U * 64U);
}

TEST(LockedRing, BeyondTheDaemonsLimitIsRefusedWithLimitNeedAndCure) {
    std::vector<std::string> launcher{"/usr/bin/prlimit", "--memlock=65536:65536"};
    // Root may lock any amount otherwise.
    if (geteuid() == 0) launcher.insert(launcher.end(), {"/usr/bin/setpriv", "--bounding-set=-ipc_lock"});
    Daemon daemon({}, {}, launcher);
    Client client = daemon.client();
    RingSpec spec = memfd_ring();
    spec.lock = true;
    const auto error = error_of([&] { client.create(spec); });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->code(), Error::no_memory);
    EXPECT_THAT(error->message(), AllOf(HasSubstr("ring ring: cannot lock"), HasSubstr("limit is 65536 bytes")));
    EXPECT_THAT(error->hint(), HasSubstr("LimitMEMLOCK="));
    EXPECT_TRUE(client.rings().empty());
    spec.lock = false;
    EXPECT_TRUE(client.create(spec)) << "without the lock there is one";
}

TEST(HugeRing, ThatGotNoReservedPagesIsMadeAndTheLogSaysWhy) {
    const PoolOfHugePages alone;
    const platform::HugePagePool pool = platform::huge_page_pool();
    if (pool.page_bytes == 0 || pool.free > largest_pool_to_exceed) GTEST_SKIP() << "no pool that is soon used up";
    Daemon daemon({}, {"--log-level", "warn"});
    Client client = daemon.client();
    RingSpec spec = memfd_ring();
    spec.slots = 1;
    spec.history = 0;
    spec.slot_bytes = pool.free * pool.page_bytes + 1;
    spec.huge_pages = HugePages::require;
    const auto error = error_of([&] { client.create(spec); });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->code(), Error::no_memory);
    EXPECT_THAT(error->hint(), HasSubstr("sysctl vm.nr_hugepages="));
    spec.huge_pages = HugePages::attempt;
    EXPECT_TRUE(client.create(spec));
    const std::string why = std::to_string(pool.free + 1) + " reserved huge pages of ";
    EXPECT_THAT(client.stat("ring").memory->note, HasSubstr(why));
    EXPECT_THAT(daemon.stop().errors, HasSubstr("ring ring: " + why));
}

TEST(HugeRing, InReservedPagesMovesMessagesBetweenProcesses) {
    PoolOfHugePages pool;
    if (const auto why_not = pool.add(2)) GTEST_SKIP() << *why_not;
    const Daemon daemon;
    Client client = daemon.client();
    RingSpec spec = memfd_ring();
    spec.huge_pages = HugePages::require;
    spec.prefault = true;
    client.create(spec);
    Child consumer(helper("consume", {daemon.socket(), "ring", "c", "200", "65536"}));
    ASSERT_EQ(consumer.read_line(), "attached");
    Child producer(helper("produce", {daemon.socket(), "ring", "200"}));
    EXPECT_EQ(producer.wait().code, 0);
    const Ended ended = consumer.wait();
    EXPECT_EQ(ended.code, 0) << ended.errors;
    const RingInfo info = client.stat("ring");
    EXPECT_EQ(info.memory->page_bytes, platform::huge_page_pool().page_bytes);
    EXPECT_GE(info.memory->huge_bytes, 32U * 65536U);
    EXPECT_GE(info.bytes, info.memory->huge_bytes) << "the quota counts whole pages";
}

}  // namespace
}  // namespace ringview::test
