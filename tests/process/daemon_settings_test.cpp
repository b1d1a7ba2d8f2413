#include <fstream>

#include <gmock/gmock.h>
#include <ringview/ringview.hpp>

#include "support/daemon.hpp"

namespace ringview::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// What a daemon says that refuses these settings.
std::string refusal_of(const std::string& settings) {
    const platform::TemporaryDirectory directory;
    const std::string path = directory.path() + "/ringviewd.toml";
    std::ofstream(path) << settings;
    std::vector<std::string> words = Daemon::command(directory.path() + "/ringview.sock", unique_name("t"));
    words.insert(words.end(), {"--config", path});
    const Ended ended = Child(words).wait();
    EXPECT_EQ(ended.code, 1) << settings;
    return ended.errors;
}

TEST(DaemonSettings, MakeRingsAtTheStart) {
    Daemon daemon(R"(
[[ring]]
name = "camera/front"
shape = [48, 64, 3]
slots = 8
history = 2

[[ring]]
name = "quotes"
format = "T{<d:bid:<d:ask:}"
)");
    Client client = daemon.client();
    const RingInfo camera = client.stat("camera/front");
    EXPECT_THAT(camera.shape, testing::ElementsAre(48, 64, 3));
    EXPECT_EQ(camera.slots, 8U);
    EXPECT_EQ(camera.slot_bytes, 48U * 64U * 3U);
    EXPECT_EQ(client.stat("quotes").slot_bytes, 16U);
    EXPECT_EQ(daemon.stop().code, 0);
}

TEST(DaemonSettings, AreRefusedWithFileAndLine) {
    EXPECT_THAT(refusal_of("[daemon]\nsocket = 5\n"),
                AllOf(HasSubstr("ringviewd.toml, line 2"), HasSubstr("daemon.socket must be a string")));
    EXPECT_THAT(refusal_of("[daemon]\n\nsokcet = \"x\"\n"),
                AllOf(HasSubstr("line 3"), HasSubstr("daemon.sokcet is not known"), HasSubstr("socket_mode")));
    EXPECT_THAT(refusal_of("[limits]\nrings = -1\n"), AllOf(HasSubstr("line 2"), HasSubstr("out of range: -1")));
    EXPECT_THAT(refusal_of("[daemon\n"), HasSubstr("line 1"));
    EXPECT_THAT(refusal_of("[daemon]\nsocket_mode = 0o1777\n"), HasSubstr("from 0 to 0o777"));
    EXPECT_THAT(refusal_of("[[ring]]\nname = \"a\"\nshape = [1, \"2\"]\n"), HasSubstr("an array of whole numbers"));
}

TEST(DaemonSettings, AreRefusedWhereTheFileIsMissing) {
    std::vector<std::string> words = Daemon::command("/tmp/unused.sock", unique_name("t"));
    words.insert(words.end(), {"--config", "/no/such/file.toml"});
    const Ended ended = Child(words).wait();
    EXPECT_EQ(ended.code, 1);
    EXPECT_THAT(ended.errors, HasSubstr("ringviewd: cannot open the settings /no/such/file.toml: No such file"));
}

TEST(DaemonSettings, AreRefusedForARingThatMakesNoSense) {
    EXPECT_THAT(refusal_of("[[ring]]\nname = \"Camera\"\n"), HasSubstr("Camera"));
    EXPECT_THAT(refusal_of("[[ring]]\nname = \"a\"\nslots = 3\n"), AllOf(HasSubstr("slots"), HasSubstr("3")));
    EXPECT_THAT(refusal_of("[[ring]]\nname = \"a\"\nformat = \"y\"\n"), HasSubstr("format is malformed"));
    EXPECT_THAT(refusal_of("[[ring]]\nname = \"a\"\nbackend = \"tape\"\n"), HasSubstr("ring.backend"));
    EXPECT_THAT(refusal_of("[[ring]]\nname = \"a\"\nhuge_pages = \"require\"\n"),
                HasSubstr("the backend posix cannot"));
    EXPECT_THAT(refusal_of("[[ring]]\nname = \"a\"\n[ring.access]\nproduce = [\"joe\"]\n"),
                HasSubstr("ring a: the access entry \"joe\" has no known form"));
}

TEST(DaemonSettings, RefuseAnInstanceOrALogLevelThatIsNone) {
    EXPECT_THAT(refusal_of("[daemon]\nlog_level = \"loud\"\n"),
                AllOf(HasSubstr("log_level must be"), HasSubstr("critical")));
    std::vector<std::string> words = Daemon::command("/tmp/unused.sock", "No Instance");
    Ended ended = Child(words).wait();
    EXPECT_EQ(ended.code, 2);
    EXPECT_THAT(ended.errors, AllOf(HasSubstr("No Instance"), HasSubstr("[a-z0-9_-]")));
    words = Daemon::command("/tmp/unused.sock", "t");
    words.insert(words.end(), {"--log-level", "loud"});
    ended = Child(words).wait();
    EXPECT_EQ(ended.code, 2);
    EXPECT_THAT(ended.errors, AllOf(HasSubstr("loud"), HasSubstr("critical")));
}

/// What a daemon at this log level says about a ring that is made, and about a request that it refuses.
std::string log_at(const std::string& level) {
    Daemon daemon({}, {"--log-level", level});
    Client client = daemon.client();
    client.create({.name = "made"});
    EXPECT_THROW(client.remove("missing"), Error);
    return daemon.stop().errors;
}

TEST(DaemonLog, SaysAsMuchAsItsLevelAllows) {
    EXPECT_THAT(log_at("debug"), AllOf(HasSubstr("ring made created"), HasSubstr("there is no ring missing")));
    EXPECT_THAT(log_at("info"), AllOf(HasSubstr("ring made created"), Not(HasSubstr("there is no ring missing"))));
    EXPECT_EQ(log_at("warn"), "");
    EXPECT_EQ(log_at("off"), "");
}

}  // namespace
}  // namespace ringview::test
