#include <cerrno>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ringview/platform/error.hpp>

namespace ringview {
namespace {

std::vector<Error::Code> all_codes() {
    std::vector<Error::Code> codes;
    for (int code = Error::full; code <= Error::system; ++code) codes.push_back(static_cast<Error::Code>(code));
    return codes;
}

TEST(ErrorCode, HasANameOfItsOwnThatLeadsBackToIt) {
    std::set<std::string> names;
    for (const Error::Code code : all_codes()) {
        const std::string name = code_name(code);
        EXPECT_EQ(code_from_name(name), code) << name;
        names.insert(name);
    }
    EXPECT_EQ(names.size(), all_codes().size());
}

TEST(ErrorCode, OfAnUnknownNameIsSystem) {
    for (const char* name : {"", "Full", "overheated", "full "}) EXPECT_EQ(code_from_name(name), Error::system);
    EXPECT_STREQ(code_name(static_cast<Error::Code>(999)), "system");
}

TEST(ErrorCode, ComparesWithAnErrorCodeOfTheCategoryRingview) {
    for (const Error::Code code : all_codes()) {
        const std::error_code error = code;
        EXPECT_EQ(error, code);
        EXPECT_EQ(error.category(), error_category());
        EXPECT_TRUE(error);
        EXPECT_THAT(error.message(), testing::Not(testing::HasSubstr("unknown")));
    }
    EXPECT_STREQ(error_category().name(), "ringview");
    EXPECT_NE(std::error_code(Error::full), Error::empty);
    EXPECT_NE(std::error_code(Error::full), std::error_code(static_cast<int>(Error::full), std::generic_category()));
    EXPECT_EQ(error_category().message(999), "unknown error 999");
}

TEST(ErrorTest, ShowsItsHintInWhatAndApart) {
    const Error with_hint(Error::busy, "it is taken", "wait");
    EXPECT_EQ(with_hint.message(), "it is taken");
    EXPECT_EQ(with_hint.hint(), "wait");
    EXPECT_STREQ(with_hint.what(), "it is taken (wait)");
    EXPECT_STREQ(Error(Error::busy, "it is taken").what(), "it is taken");
}

TEST(ErrorTest, OfAFailedSystemCallSaysWhatFailedAndWhy) {
    const Error error = Error::from_errno("cannot open /x", ENOENT, "make it");
    EXPECT_EQ(error.code(), Error::system);
    EXPECT_EQ(error.message(), "cannot open /x: No such file or directory");
    EXPECT_EQ(error.hint(), "make it");
}

}  // namespace
}  // namespace ringview
