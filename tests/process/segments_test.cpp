#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <ringview/ringview.hpp>

#include "support/daemon.hpp"

namespace ringview::test {
namespace {

using testing::UnorderedElementsAre;

/// The permissions of this process's mappings of a file whose path contains `part`: "r--s", "rw-s".
std::vector<std::string> mappings_of(const std::string& part) {
    std::vector<std::string> permissions;
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
        if (line.find(part) == std::string::npos) continue;
        std::istringstream fields(line);
        std::string addresses;
        fields >> addresses >> permissions.emplace_back();
    }
    return permissions;
}

class Segments : public testing::Test {
 protected:
    std::string path(const std::string& rest) const { return "/dev/shm/ringview." + daemon.instance() + "." + rest; }

    Daemon daemon;
    Client client = daemon.client();
};

TEST_F(Segments, AreTwoARingNamedByInstanceAndRingWithASlashAsAPlus) {
    client.create({.name = "camera/front"});
    const std::string prefix = "ringview." + daemon.instance() + ".";
    EXPECT_THAT(daemon.files_in_shm(),
                UnorderedElementsAre(prefix + "lock", prefix + "camera+front.slots", prefix + "camera+front.cursors"));
}

TEST_F(Segments, OfTheLongestNameAreMadeAndRemoved) {
    const std::string name(128, 'n');
    EXPECT_TRUE(client.create({.name = name}));
    EXPECT_EQ(daemon.files_in_shm().size(), 3U);
    client.remove(name);
    EXPECT_EQ(daemon.files_in_shm().size(), 1U);
}

TEST_F(Segments, AreReallyAllocatedAndForTheDaemonsUserOnly) {
    client.create({.name = "ring", .slots = 64, .slot_bytes = 16384});
    for (const char* role : {"ring.slots", "ring.cursors"}) {
        struct stat facts {};
        ASSERT_EQ(stat(path(role).c_str(), &facts), 0);
        EXPECT_EQ(facts.st_mode & 0777U, 0600U);
        EXPECT_GE(facts.st_blocks * 512, facts.st_size) << role;
    }
    EXPECT_GE(client.stat("ring").bytes, 64U * 16384U);
}

TEST_F(Segments, AreMappedByAConsumerWithItsSlotsReadOnly) {
    client.create({.name = "ring"});
    {
        const Consumer<> consumer = client.consumer("ring");
        EXPECT_THAT(mappings_of(daemon.instance() + ".ring.slots"), UnorderedElementsAre("r--s"));
        EXPECT_THAT(mappings_of(daemon.instance() + ".ring.cursors"), UnorderedElementsAre("rw-s"));
    }
    const Producer<> producer = client.producer("ring");
    EXPECT_THAT(mappings_of(daemon.instance() + ".ring.slots"), UnorderedElementsAre("rw-s"));
}

TEST_F(Segments, EndAConsumerThatWritesThroughAConstCast) {
    // A sanitizer would turn the signal into an exit of its own.
    setenv("ASAN_OPTIONS", "handle_segv=0", 1);
    client.create({.name = "ring"});
    Producer<> producer = client.producer("ring");
    Slot<> slot = producer.reserve();
    slot.bytes()[0] = std::byte{9};
    slot.publish();
    Child writer(helper("write_through_view", {daemon.socket(), "ring"}));
    EXPECT_EQ(writer.read_line(), "writes");
    const Ended ended = writer.wait();
    EXPECT_EQ(ended.code, 128 + SIGSEGV);
    EXPECT_EQ(ended.output, "") << "it got past the write";
    Consumer<> consumer = client.consumer("ring", {.start = Start::oldest});
    EXPECT_EQ(consumer.next().bytes()[0], std::byte{9});
}

TEST_F(Segments, AreMovedThroughByDescriptorWithoutTheirNames) {
    client.create({.name = "ring"});
    Producer<> producer = client.producer("ring");
    Consumer<> consumer = client.consumer("ring");
    client.remove("ring");
    Slot<> slot = producer.try_reserve();
    EXPECT_EQ(slot.error(), Error::removed);
    EXPECT_THAT(mappings_of(daemon.instance() + ".ring.slots"), testing::SizeIs(2)) << "the mappings live on";
}

}  // namespace
}  // namespace ringview::test
