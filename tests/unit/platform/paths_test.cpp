#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ringview/platform/child_process.hpp>
#include <ringview/platform/local_socket.hpp>
#include <ringview/platform/paths.hpp>

#include "support/error_matcher.hpp"

namespace ringview::platform {
namespace {

using testing::HasSubstr;
using testing_support::throws_error;

class Paths : public testing::Test {
 protected:
    std::string in(const std::string& name) const { return directory_.path() + "/" + name; }
    void make_directory(const std::string& name, mode_t mode) const {
        ASSERT_EQ(mkdir(in(name).c_str(), 0700), 0);
        ASSERT_EQ(chmod(in(name).c_str(), mode), 0);
    }

 private:
    TemporaryDirectory directory_;
};

TEST_F(Paths, FactsTellDirectoriesSocketsFilesAndLinksApart) {
    make_directory("directory", 01711);
    const auto directory = path_facts(in("directory")).value();
    EXPECT_TRUE(directory.is_directory && !directory.is_socket);
    EXPECT_EQ(directory.permissions, 01711U);
    EXPECT_EQ(directory.owner, geteuid());
    const UniqueFd listener = listen_at(in("socket"), 0600);
    EXPECT_TRUE(path_facts(in("socket"))->is_socket);
    std::ofstream(in("file")) << "x";
    EXPECT_FALSE(path_facts(in("file"))->is_directory || path_facts(in("file"))->is_socket);
    ASSERT_EQ(symlink(in("directory").c_str(), in("link").c_str()), 0);
    EXPECT_FALSE(path_facts(in("link"))->is_directory);
    EXPECT_EQ(path_facts(in("absent")), std::nullopt);
}

TEST_F(Paths, FileBytesAreThoseOfTheFileOrAnError) {
    std::ofstream(in("file")) << "12345";
    EXPECT_EQ(file_bytes(in("file")), 5U);
    EXPECT_THAT([&] { file_bytes(in("absent")); }, throws_error(Error::system, HasSubstr(in("absent"))));
}

TEST_F(Paths, APrivateDirectoryIsMadeOrAcceptedWhereItIsOurs) {
    make_private_directory(in("new"));
    EXPECT_EQ(path_facts(in("new"))->permissions, 0700U);
    EXPECT_NO_THROW(make_private_directory(in("new")));
}

TEST_F(Paths, ADirectoryLetsThosePassWhoMayWriteAFileInIt) {
    make_directory("folder", 0700);
    for (const auto& [file_mode, expected] :
         {std::pair{0644U, 0700U}, {0660U, 0710U}, {0600U, 0710U}, {0666U, 0711U}}) {
        let_pass(in("folder"), file_mode);
        EXPECT_EQ(path_facts(in("folder"))->permissions, expected) << std::oct << file_mode;
    }
    make_directory("theirs", 0700);
    if (chown(in("theirs").c_str(), geteuid() + 1, getegid()) != 0) return;
    let_pass(in("theirs"), 0666);
    EXPECT_EQ(path_facts(in("theirs"))->permissions, 0700U);
}

TEST_F(Paths, ADirectoryThatIsOpenToOthersIsRefused) {
    for (const mode_t mode : {0770U, 0701U, 0777U}) {
        const std::string name = "open" + std::to_string(mode);
        make_directory(name, mode);
        EXPECT_THAT([&] { make_private_directory(in(name)); }, throws_error(Error::denied, HasSubstr("mode 0700")));
    }
}

TEST_F(Paths, ADirectoryOfSomebodyElseIsRefused) {
    make_directory("theirs", 0700);
    if (chown(in("theirs").c_str(), geteuid() + 1, getegid()) != 0)
        GTEST_SKIP() << "only root can give a directory away: uid " << geteuid() << " may not";
    EXPECT_THAT([&] { make_private_directory(in("theirs")); }, throws_error(Error::denied));
}

TEST_F(Paths, ALinkOrAFileIsNoPrivateDirectory) {
    make_directory("real", 0700);
    ASSERT_EQ(symlink(in("real").c_str(), in("link").c_str()), 0);
    std::ofstream(in("file")) << "x";
    for (const char* name : {"link", "file"}) {
        EXPECT_THAT([&] { make_private_directory(in(name)); },
                    throws_error(Error::invalid, HasSubstr("is no directory")));
    }
    EXPECT_THAT([&] { make_private_directory(in("absent/new")); }, throws_error(Error::system));
}

TEST_F(Paths, OnlyADirectoryIsAWritableDirectory) {
    make_directory("directory", 0700);
    std::ofstream(in("file")) << "x";
    EXPECT_TRUE(is_writable_directory(in("directory")));
    EXPECT_FALSE(is_writable_directory(in("file")));
    EXPECT_FALSE(is_writable_directory(in("absent")));
    EXPECT_FALSE(is_writable_directory("/proc/self"));
}

TEST_F(Paths, RemovingAFileTellsWhetherThereWasOne) {
    std::ofstream(in("file")) << "x";
    EXPECT_TRUE(remove_file(in("file")));
    EXPECT_FALSE(remove_file(in("file")));
}

}  // namespace
}  // namespace ringview::platform
