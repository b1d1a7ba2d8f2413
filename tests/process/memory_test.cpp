#include <sys/resource.h>

#include <cstring>

#include <gmock/gmock.h>
#include <ringview/ringview.hpp>

#include "support/daemon.hpp"
#include "support/deadline.hpp"
#include "support/error_matcher.hpp"

/// Where a ring's memory comes from, seen by real clients of a real daemon.
namespace ringview::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing_support::throws_error;

std::int64_t minor_faults() {
    rusage usage{};
    getrusage(RUSAGE_THREAD, &usage);
    return usage.ru_minflt;
}

/// What a producer writes first touches: all slots, once.
template <class Producer, class Consumer>
std::int64_t faults_of_one_lap(Producer& producer, Consumer& consumer, std::uint64_t slots) {
    const std::int64_t before = minor_faults();
    for (std::uint64_t i = 0; i < slots; ++i) {
        auto slot = producer.reserve();
        for (std::size_t offset = 0; offset < slot.bytes().size(); offset += 1024) slot.bytes()[offset] = std::byte{1};
        slot.publish();
        auto message = consumer.next();
        EXPECT_EQ(message.bytes()[0], std::byte{1});
    }
    return minor_faults() - before;
}

class Memory : public testing::Test {
 protected:
    MemoryInfo memory_of(const std::string& ring) { return client.stat(ring).memory.value(); }

    Daemon daemon;
    Client client = daemon.client();
};

/// Every kind of ring over segments without a name.
class MemfdRing : public Memory, public testing::WithParamInterface<RingSpec> {
 protected:
    MemfdRing() { client.create(GetParam()); }
};

RingSpec memfd_ring(std::uint32_t producers, std::uint64_t slot_bytes, HugePages huge_pages = HugePages::off) {
    RingSpec spec;
    spec.name = "ring";
    spec.shape = {-1};
    spec.slots = 16;
    spec.slot_bytes = slot_bytes;
    spec.producers = producers;
    spec.timestamps = producers > 1;
    spec.backend = Backend::memfd;
    spec.huge_pages = huge_pages;
    return spec;
}

INSTANTIATE_TEST_SUITE_P(Memory, MemfdRing,
                         testing::Values(memfd_ring(1, 48), memfd_ring(1, 100'000), memfd_ring(3, 48),
                                         memfd_ring(1, 48, HugePages::attempt)));

TEST_P(MemfdRing, MovesMessagesPastTheEndOfTheRing) {
    Producer<> producer = client.producer("ring");
    Consumer<> consumer = client.consumer("ring");
    for (std::uint64_t i = 0; i < 100; ++i) {
        Slot<> slot = producer.reserve(20s);
        ASSERT_TRUE(slot);
        ASSERT_FALSE(slot.resize(8));
        std::memcpy(slot.bytes().data(), &i, sizeof i);
        ASSERT_FALSE(slot.publish());
        const Message<> message = consumer.next(20s);
        ASSERT_TRUE(message);
        ASSERT_EQ(std::memcmp(message.bytes().data(), &i, sizeof i), 0);
    }
}

TEST_P(MemfdRing, HasNoNameAndGoesWithItsLastClient) {
    EXPECT_THAT(daemon.files_in_shm(), SizeIs(1)) << "the lock file";
    const Consumer<> consumer = client.consumer("ring");
    client.remove("ring");
    EXPECT_THAT(daemon.files_in_shm(), SizeIs(1));
    EXPECT_THROW(client.stat("ring"), Error);
}

TEST_P(MemfdRing, WakesASleeper) {
    Producer<> producer = client.producer("ring");
    Child sleeper(helper("sleep_in", {daemon.socket(), "ring", "next"}));
    ASSERT_EQ(sleeper.read_line(), "attached");
    wait_until("the sleep", [&] { return client.stat("ring").consumers.at(0).waiting; });
    ASSERT_FALSE(producer.reserve(20s).publish());
    EXPECT_EQ(sleeper.wait().code, 0);
}

TEST_P(MemfdRing, GoesOnWithoutItsDaemon) {
    Producer<> producer = client.producer("ring");
    Consumer<> consumer = client.consumer("ring");
    daemon.kill();
    for (int i = 0; i < 40; ++i) {
        ASSERT_FALSE(producer.reserve(20s).publish());
        ASSERT_TRUE(consumer.next(20s));
    }
}

TEST_P(MemfdRing, LapsALossyConsumerThatHoldsAMessage) {
    Producer<> producer = client.producer("ring");
    Consumer<> consumer = client.consumer("ring", {.policy = Policy::lossy});
    Slot<> slot = producer.reserve(20s);
    slot.bytes()[0] = std::byte{7};
    slot.publish();
    const Message<> held = consumer.next(20s);
    ASSERT_TRUE(held);
    for (int i = 0; i < 100; ++i) {
        Slot<> other = producer.reserve(20s);
        other.bytes()[0] = std::byte{8};
        ASSERT_FALSE(other.publish());
    }
    EXPECT_EQ(held.bytes()[0], std::byte{7});
}

TEST_F(Memory, OfARingIsToldByStatAsTheKernelSeesIt) {
    client.create({.name = "plain", .slots = 64, .slot_bytes = 16384});
    client.create({.name = "locked",
                   .slots = 64,
                   .slot_bytes = 16384,
                   .backend = Backend::memfd,
                   .prefault = true,
                   .lock = true});
    const MemoryInfo plain = memory_of("plain");
    EXPECT_EQ(plain.backend, Backend::posix);
    EXPECT_EQ(plain.locked_bytes, 0U);
    EXPECT_LT(plain.prefaulted_bytes, 64U * 16384U);
    const MemoryInfo locked = memory_of("locked");
    EXPECT_EQ(locked.backend, Backend::memfd);
    EXPECT_GE(locked.locked_bytes, 64U * 16384U);
    EXPECT_GE(locked.prefaulted_bytes, 64U * 16384U);
    EXPECT_EQ(locked.note, "");
}

TEST_F(Memory, OfAPrefaultedRingMeetsNoPageFaultInItsFirstLap) {
    constexpr std::uint64_t slots = 256;
    RingSpec spec{.name = "ring", .shape = {16384}, .slots = slots};
    std::int64_t faults[2];
    for (const bool prefault : {false, true}) {
        spec.prefault = prefault;
        client.create(spec);
        Producer<> producer = client.producer("ring");
        Consumer<> consumer = client.consumer("ring");
        faults[prefault] = faults_of_one_lap(producer, consumer, slots);
        client.remove("ring");
    }
    // A fault may bring in 16 pages at once ("fault around"), so that is what there are at least.
    EXPECT_GE(faults[false], static_cast<std::int64_t>(slots * 16384 / 4096 / 16));
    EXPECT_LE(faults[true], faults[false] / 8);
}

TEST_F(Memory, ThatCannotBeHadIsRefusedWithWhatToDo) {
    EXPECT_THAT([&] { client.create({.name = "ring", .numa_node = 4000}); },
                throws_error(Error::invalid, HasSubstr("there is no NUMA node 4000")));
    EXPECT_THAT([&] { client.create({.name = "ring", .huge_pages = HugePages::require}); },
                throws_error(Error::invalid, HasSubstr("the backend posix cannot")));
    EXPECT_THAT(client.rings(), IsEmpty());
    EXPECT_THAT(daemon.files_in_shm(), SizeIs(1));
}

TEST_F(Memory, OfAnotherKindUnderTheSameNameIsAnotherRing) {
    client.create({.name = "ring", .backend = Backend::memfd});
    EXPECT_FALSE(client.create({.name = "ring", .backend = Backend::memfd}));
    EXPECT_THAT([&] { client.create({.name = "ring"}); }, throws_error(Error::exists, HasSubstr("backend")));
    EXPECT_THAT([&] { client.create({.name = "ring", .backend = Backend::memfd, .prefault = true}); },
                throws_error(Error::exists, HasSubstr("prefault")));
}

TEST(MemorySettings, MakeARingOfThatMemory) {
    const Daemon daemon("[[ring]]\nname = \"ring\"\nbackend = \"memfd\"\nprefault = true\nlock = true\n");
    Client client = daemon.client();
    EXPECT_THAT(daemon.files_in_shm(), SizeIs(1));
    const RingInfo ring = client.stat("ring");
    EXPECT_EQ(ring.memory->backend, Backend::memfd);
    EXPECT_GE(ring.memory->locked_bytes, ring.bytes);
    EXPECT_EQ(ring.memory->note, "");
}

}  // namespace
}  // namespace ringview::test
