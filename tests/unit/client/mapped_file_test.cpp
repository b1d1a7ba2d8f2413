#include <sys/stat.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ringview/mapped_file.hpp>
#include <ringview/platform/child_process.hpp>
#include <ringview/view/view_error.hpp>

#include "support/error_matcher.hpp"

namespace ringview {
namespace {

using testing::HasSubstr;
using testing_support::throws_error;

class MappedFileTest : public testing::Test {
 protected:
    std::string write(const std::string& content) const {
        std::ofstream(path(), std::ios::binary) << content;
        return path();
    }
    std::string read() const {
        std::ifstream file(path(), std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    std::string path() const { return directory_.path() + "/file"; }
    std::string directory() const { return directory_.path(); }

 private:
    platform::TemporaryDirectory directory_;
};

std::string text_of(const MemoryView& view) {
    const std::vector<std::byte> bytes = view.tobytes();
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Bytes of memory of this process that hold pages of files (RssFile).
std::uint64_t resident_file_bytes() {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
        std::uint64_t kib = 0;
        if (word == "RssFile:" && status >> kib) return kib * 1024;
    }
    ADD_FAILURE() << "/proc/self/status has no RssFile";
    return 0;
}

TEST_F(MappedFileTest, ShowsTheFileAsReadonlyBytes) {
    const MappedFile file(write("hello, ring"));
    EXPECT_EQ(file.bytes(), 11U);
    EXPECT_EQ(text_of(file.view()), "hello, ring");
    EXPECT_TRUE(file.view().readonly());
    EXPECT_THROW(file.view().set({0}, 1), ViewError);
}

TEST_F(MappedFileTest, ShowsAPieceFromAnyOffset) {
    std::string content;
    for (int i = 0; content.size() < 20000; ++i) content += std::to_string(i) + ",";
    write(content);
    for (const std::uint64_t offset : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{4095}, std::uint64_t{4096},
                                       std::uint64_t{4097}, std::uint64_t{content.size() - 1}}) {
        EXPECT_EQ(text_of(MappedFile(path(), {.offset = offset}).view()), content.substr(offset)) << offset;
        EXPECT_EQ(text_of(MappedFile(path(), {.offset = offset, .bytes = 1}).view()), content.substr(offset, 1));
    }
}

TEST_F(MappedFileTest, AtItsEndThereAreNoBytes) {
    write("hello");
    EXPECT_EQ(MappedFile(path(), {.offset = 5}).bytes(), 0U);
    EXPECT_EQ(MappedFile(path(), {.offset = 2, .bytes = 0}).view().nbytes(), 0U);
    EXPECT_EQ(MappedFile(write("")).view().nbytes(), 0U);
}

TEST_F(MappedFileTest, RefusesAPieceThatTheFileDoesNotHave) {
    write("hello");
    EXPECT_THAT([&] { MappedFile(path(), {.offset = 6}); },
                throws_error(Error::invalid, HasSubstr("has 5 bytes; byte 6 is past its end")));
    EXPECT_THAT([&] { MappedFile(path(), {.offset = 2, .bytes = 4}); },
                throws_error(Error::invalid, HasSubstr("has 5 bytes; 4 from byte 2 on were asked for")));
    EXPECT_THAT([&] { MappedFile(path(), {.offset = 2, .bytes = UINT64_MAX}); }, throws_error(Error::invalid));
    EXPECT_THAT([&] { MappedFile(path(), {.offset = UINT64_MAX}); }, throws_error(Error::invalid));
}

TEST_F(MappedFileTest, NamesAFileThatCannotBeOpened) {
    EXPECT_THAT([&] { MappedFile(directory() + "/absent"); }, throws_error(Error::system, HasSubstr("/absent")));
    EXPECT_THAT([&] { MappedFile(directory(), {.bytes = 1}); },
                throws_error(Error::system, HasSubstr("cannot map 1 bytes of " + directory())));
}

TEST_F(MappedFileTest, ShowsItemsOfAFormatAndRefusesHalfOnes) {
    const std::array<std::uint32_t, 3> numbers{1, 1000, 4'000'000'000};
    std::string content(sizeof numbers, '\0');
    std::memcpy(content.data(), numbers.data(), content.size());
    const MappedFile file(write(content + "x"), {.bytes = sizeof numbers});
    const MemoryView view = file.view("I");
    EXPECT_EQ(view.shape()[0], 3);
    EXPECT_EQ(view.at(2).as_unsigned(), 4'000'000'000U);
    EXPECT_EQ((view.as<const std::uint32_t, 1>()(1)), 1000U);
    EXPECT_THROW(MappedFile(path()).view("I"), ViewError);
    EXPECT_THROW(file.view("T{"), ViewError);
}

TEST_F(MappedFileTest, WritesThroughWhereItIsWritable) {
    write("hello, ring");
    {
        const MappedFile file(path(), {.offset = 7, .writable = true});
        EXPECT_FALSE(file.view().readonly());
        file.view().set({0}, std::uint8_t{'R'});
    }
    EXPECT_EQ(read(), "hello, Ring");
}

TEST_F(MappedFileTest, OpensATebibyteWithoutReadingIt) {
    constexpr std::uint64_t tebibyte = std::uint64_t{1} << 40;
    write("begin");
    std::error_code error;
    std::filesystem::resize_file(path(), tebibyte, error);  // sparse: it takes a page on the disk
    if (error)
        GTEST_SKIP() << "the file system of " << directory() << " has no sparse files of 1 TiB: " << error.message();
    {
        std::fstream file(path(), std::ios::binary | std::ios::in | std::ios::out);
        file.seekp(static_cast<std::streamoff>(tebibyte - 3));
        file << "end";
    }
    const std::uint64_t before = resident_file_bytes();
    const MappedFile whole(path());
    EXPECT_EQ(whole.bytes(), tebibyte);
    const MemoryView view = whole.view();
    EXPECT_EQ(text_of(view.slice(0, 0, 5)), "begin");
    EXPECT_EQ(text_of(view.slice(0, -3, std::nullopt)), "end");
    EXPECT_EQ(view.at(static_cast<std::ptrdiff_t>(tebibyte / 2)).as_int(), 0);
    // The kernel maps the neighbours of a page that is read; a few MiB at most.
    EXPECT_LT(resident_file_bytes(), before + (std::uint64_t{64} << 20));
    struct stat facts {};
    ASSERT_EQ(stat(path().c_str(), &facts), 0);
    EXPECT_LT(facts.st_blocks * 512, 1 << 20);
    EXPECT_EQ(text_of(MappedFile(path(), {.offset = tebibyte - 3}).view()), "end");
}

}  // namespace
}  // namespace ringview
