#include <algorithm>
#include <fstream>
#include <regex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ringview/platform/child_process.hpp>
#include <ringview/server.hpp>

#include "support/error_matcher.hpp"

namespace ringview {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StrEq;
using testing_support::throws_error;

class Settings : public testing::Test {
 protected:
    std::string path() const { return directory_.path() + "/ringviewd.toml"; }
    ServerOptions load(const std::string& text) const {
        std::ofstream(path()) << text;
        return load_settings(path());
    }
    void expect_refused(const std::string& text, int line, const std::string& expectation) const {
        EXPECT_THAT([&] { load(text); },
                    throws_error(Error::invalid, AllOf(HasSubstr(path() + ", line " + std::to_string(line) + ": "),
                                                       HasSubstr(expectation))))
            << text;
    }

 private:
    platform::TemporaryDirectory directory_;
};

std::vector<std::string> lines_of_default_config() {
    std::ifstream file(RINGVIEW_DEFAULT_CONFIG);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
}

void expect_equal(const ServerLimits& a, const ServerLimits& b) {
    EXPECT_EQ(a.rings, b.rings);
    EXPECT_EQ(a.rings_per_user, b.rings_per_user);
    EXPECT_EQ(a.bytes, b.bytes);
    EXPECT_EQ(a.bytes_per_user, b.bytes_per_user);
    EXPECT_EQ(a.clients, b.clients);
    EXPECT_EQ(a.clients_per_user, b.clients_per_user);
}

TEST_F(Settings, TheFileInTheTreeSaysTheDefaultsThatAreBuiltIn) {
    const ServerOptions in_file = load_settings(RINGVIEW_DEFAULT_CONFIG);
    const ServerOptions built_in;
    EXPECT_EQ(in_file.socket, built_in.socket);
    EXPECT_EQ(in_file.instance, built_in.instance);
    EXPECT_EQ(in_file.socket_mode, built_in.socket_mode);
    EXPECT_EQ(in_file.log_level, built_in.log_level);
    EXPECT_EQ(in_file.rings, built_in.rings);
    expect_equal(in_file.limits, built_in.limits);
}

TEST_F(Settings, TheRingInTheFileThatIsCommentedOutLoadsAsItStands) {
    std::string text;
    for (std::string line : lines_of_default_config()) {
        // Only what is a table or a setting behind its `# `: the file's prose is not.
        if (std::regex_search(line, std::regex(R"(^# (\[|\w+ = ))"))) line.erase(0, 2);
        text += line + "\n";
    }
    const ServerOptions options = load(text);
    ASSERT_EQ(options.rings.size(), 1U);
    RingSpec expected;
    expected.name = "camera/front";
    expected.format = "B";
    expected.shape = {480, 640, 3};
    expected.slots = 16;
    expected.history = 8;
    expected.numa_node = 0;
    expected.access = {{"user:camera"}, {"group:vision"}, {"uid:0"}};
    EXPECT_EQ(options.rings[0], expected);
    ASSERT_EQ(options.subscriptions.size(), 2U);
    EXPECT_EQ(options.subscriptions[0].ring, "camera/front");
    EXPECT_EQ(options.subscriptions[0].name, "recorder");
    EXPECT_EQ(options.subscriptions[0].policy, Policy::lossless);
    EXPECT_FALSE(options.subscriptions[0].is_group);
    EXPECT_EQ(options.subscriptions[1].name, "workers");
    EXPECT_TRUE(options.subscriptions[1].is_group);
}

TEST_F(Settings, TheMemoryOfARingIsChosenByItsWords) {
    const std::string ring = "[[ring]]\nname = \"a\"\n";
    const RingSpec spec = load(ring +
                               "backend = \"memfd\"\nhuge_pages = \"require\"\nprefault = true\nlock = true\n"
                               "numa_node = 3\n")
                              .rings.at(0);
    EXPECT_EQ(spec.backend, Backend::memfd);
    EXPECT_EQ(spec.huge_pages, HugePages::require);
    EXPECT_TRUE(spec.prefault);
    EXPECT_TRUE(spec.lock);
    EXPECT_EQ(spec.numa_node, 3U);
    EXPECT_EQ(load(ring + "huge_pages = \"try\"\n").rings.at(0).huge_pages, HugePages::attempt);
    EXPECT_EQ(load(ring).rings.at(0).numa_node, std::nullopt);
    expect_refused(ring + "backend = \"file\"\n", 3, "ring.backend: a backend is posix or memfd, not \"file\"");
    expect_refused(ring + "backend = 1\n", 3, "ring.backend must be a string");
    expect_refused(ring + "huge_pages = true\n", 3, "ring.huge_pages must be a string");
    expect_refused(ring + "huge_pages = \"on\"\n", 3, "huge_pages is off, try or require, not \"on\"");
    expect_refused(ring + "lock = 1\n", 3, "ring.lock must be true or false");
    expect_refused(ring + "numa_node = -1\n", 3, "out of range: -1");
    expect_refused(ring + "huge_pages = \"require\"\n", 1, "segments of the backend posix");
}

TEST_F(Settings, DurableSubscriptionsBelongToTheirRings) {
    const std::string rings = R"([[ring]]
name = "a"
[[ring.subscription]]
name = "archive"
[[ring.subscription]]
name = "display"
policy = "lossy"
[[ring]]
name = "b"
[[ring.subscription]]
name = "archive"
)";
    const ServerOptions options = load(rings);
    ASSERT_EQ(options.subscriptions.size(), 3U);
    EXPECT_EQ(options.subscriptions[1].ring + "/" + options.subscriptions[1].name, "a/display");
    EXPECT_EQ(options.subscriptions[1].policy, Policy::lossy);
    EXPECT_EQ(options.subscriptions[2].ring, "b");
    expect_refused(rings + "[[ring.subscription]]\nname = \"archive\"\n", 13,
                   "another [[ring.subscription]] of the name archive");
    expect_refused(rings + "[[ring.subscription]]\nname = \"a b\"\n", 12, "subscription name");
    expect_refused(rings + "[[ring.subscription]]\nname = \"c\"\npolicy = \"lax\"\n", 14,
                   "must be \"lossless\" or \"lossy\"");
    expect_refused(rings + "[[ring.subscription]]\nname = \"c\"\nstart = \"next\"\n", 14, "not known here");
    expect_refused(rings + "[[ring.subscription]]\ngroup = \"c\"\npolicy = \"lossy\"\n", 14, "a group is lossless");
    expect_refused("[[ring]]\nname = \"a\"\nstall_timeout_ms = 1\n[[ring.subscription]]\ngroup = \"c\"\n", 5,
                   "ring a has a stall_timeout_ms");
}

TEST_F(Settings, AnEmptyFileGivesTheDefaults) {
    const ServerOptions options = load("");
    EXPECT_EQ(options.socket_mode, ServerOptions{}.socket_mode);
    expect_equal(options.limits, ServerLimits{});
    EXPECT_TRUE(options.rings.empty());
}

TEST_F(Settings, EverySettingArrivesInItsPlace) {
    const ServerOptions options = load(R"(
[daemon]
socket = "/run/other.sock"
instance = "other_1"
socket_mode = 0o666
log_level = "off"
[limits]
rings = 1
rings_per_user = 2
bytes = 3
bytes_per_user = 4
clients = 5
clients_per_user = 6
[[ring]]
name = "a"
[[ring]]
name = "b"
format = "T{<d:bid:<d:ask:}"
shape = [-1]
slots = 8
slot_bytes = 160
history = 0
producers = 3
alignment = 64
timestamps = true
fences = "always"
stall_timeout_ms = 1500
[ring.access]
produce = ["any"]
consume = []
manage = ["gid:0", "uid:0"]
)");
    EXPECT_EQ(options.socket, "/run/other.sock");
    EXPECT_EQ(options.instance, "other_1");
    EXPECT_EQ(options.socket_mode, 0666U);
    EXPECT_EQ(options.log_level, "off");
    expect_equal(options.limits, {1, 2, 3, 4, 5, 6});
    RingSpec a;
    a.name = "a";
    RingSpec b;
    b.name = "b";
    b.format = "T{<d:bid:<d:ask:}";
    b.shape = {-1};
    b.slots = 8;
    b.slot_bytes = 160;
    b.history = 0;
    b.producers = 3;
    b.alignment = 64;
    b.timestamps = true;
    b.fences = Fences::always;
    b.stall_timeout = std::chrono::milliseconds(1500);
    b.access = {{"any"}, {}, {"gid:0", "uid:0"}};
    EXPECT_EQ(options.rings, (std::vector<RingSpec>{a, b}));
}

TEST_F(Settings, AKeyThatIsNotKnownIsRefusedWithThoseThatAre) {
    expect_refused("\n[deamon]\n", 2, "deamon is not known here; there are: daemon, limits, ring");
    expect_refused("[daemon]\nsocket_path = \"x\"\n", 2,
                   "daemon.socket_path is not known here; there are: socket, instance, socket_mode, log_level");
    expect_refused("[limits]\nrings = 1\nring = 1\n", 3, "limits.ring is not known here");
    expect_refused("[[ring]]\nname = \"a\"\nslot = 4\n", 3, "ring.slot is not known here");
    expect_refused("[[ring]]\nname = \"a\"\n[ring.access]\nread = [\"any\"]\n", 4,
                   "ring.access.read is not known here");
}

TEST_F(Settings, AValueOfTheWrongTypeIsRefusedWithWhatWasExpected) {
    expect_refused("daemon = 1\n", 1, "daemon must be a table");
    expect_refused("[daemon]\nsocket = 1\n", 2, "daemon.socket must be a string");
    expect_refused("[daemon]\nsocket_mode = \"0600\"\n", 2, "daemon.socket_mode must be a whole number");
    expect_refused("[limits]\nbytes = 1.5\n", 2, "limits.bytes must be a whole number");
    expect_refused("[limits]\nbytes = true\n", 2, "limits.bytes must be a whole number");
    expect_refused("[ring]\nname = \"a\"\n", 1, "[[ring]] must be an array of tables");
    expect_refused("[[ring]]\nname = 1\n", 2, "ring.name must be a string");
    expect_refused("[[ring]]\nname = \"a\"\nshape = 3\n", 3, "ring.shape must be an array of whole numbers");
    expect_refused("[[ring]]\nname = \"a\"\nshape = [1, \"2\"]\n", 3, "ring.shape must be an array of whole numbers");
    expect_refused("[[ring]]\nname = \"a\"\naccess = \"any\"\n", 3, "ring.access must be a table");
    expect_refused("[[ring]]\nname = \"a\"\n[ring.access]\nconsume = \"any\"\n", 4,
                   "ring.access.consume must be an array of strings");
}

TEST_F(Settings, AValueThatMakesNoSenseIsRefusedWithWhatWould) {
    expect_refused("[daemon]\nsocket_mode = 0o1777\n", 2, "daemon.socket_mode must be from 0 to 0o777");
    expect_refused("[daemon]\nsocket_mode = 4294967296\n", 2, "daemon.socket_mode is out of range: 4294967296");
    expect_refused("[daemon]\nlog_level = \"loud\"\n", 2, "daemon.log_level must be trace, debug, info, warn");
    expect_refused("[daemon]\ninstance = \"A b\"\n", 2, "1 to 32 characters of [a-z0-9_-]");
    expect_refused("[limits]\nrings = -1\n", 2, "limits.rings is out of range: -1");
    expect_refused("[[ring]]\nname = \"a\"\nfences = \"never\"\n", 3, R"(ring.fences must be "automatic" or "always")");
}

TEST_F(Settings, ARingThatCannotBeMadeIsRefusedAtItsTable) {
    expect_refused("\n[[ring]]\nslots = 4\n", 2, "the ring name \"\" is not allowed");
    expect_refused("[[ring]]\nname = \"a\"\n[[ring]]\nname = \"b\"\nslots = 5\n", 3, "slots must be a power of two");
    expect_refused("[[ring]]\nname = \"a\"\nformat = \"T{\"\n", 1, "ring a: its format is malformed");
    expect_refused("[[ring]]\nname = \"a\"\nhistory = 64\n", 1, "history must be less than slots");
    expect_refused("[[ring]]\nname = \"a\"\n[[ring]]\nname = \"a\"\n", 4, "another [[ring]] of the name a");
}

TEST_F(Settings, WhatIsNoTomlIsRefusedAtItsLine) {
    expect_refused("[daemon]\nsocket = \n", 2, "");
    expect_refused("[daemon\n", 1, "");
    expect_refused("[limits]\nrings = 1\nrings = 2\n", 3, "");
}

TEST_F(Settings, OfAFileThatCannotBeReadTellWhy) {
    EXPECT_THAT([] { load_settings("/nonexistent/ringviewd.toml"); },
                throws_error(Error::system,
                             StrEq("cannot open the settings /nonexistent/ringviewd.toml: No such file or directory")));
    EXPECT_THAT([] { load_settings("/etc"); },
                throws_error(Error::system, StrEq("cannot read the settings /etc: Is a directory")));
}

TEST_F(Settings, OfAnEmptyFileAreTheDefaults) {
    EXPECT_EQ(load("").log_level, ServerOptions{}.log_level);
}

}  // namespace
}  // namespace ringview
