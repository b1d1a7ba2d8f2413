#pragma once

#include <ostream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ringview/platform/error.hpp>

namespace ringview {

// NOLINTNEXTLINE(readability-identifier-naming): GoogleTest's name
inline void PrintTo(const Error& error, std::ostream* out) {
    *out << code_name(static_cast<Error::Code>(error.code().value())) << ": " << error.what();
}

namespace testing_support {

/// EXPECT_THAT([&] { create(spec); }, throws_error(Error::invalid, HasSubstr("slots")));
template <class MessageMatcher>
auto throws_error(Error::Code code, MessageMatcher message) {
    const auto code_of = [](const Error& error) {
        return std::string(code_name(static_cast<Error::Code>(error.code().value())));
    };
    const auto message_of = [](const Error& error) { return error.message(); };
    return testing::Throws<Error>(testing::AllOf(testing::ResultOf("code", code_of, testing::StrEq(code_name(code))),
                                                 testing::ResultOf("message", message_of, message)));
}

inline auto throws_error(Error::Code code) {
    return throws_error(code, testing::Not(testing::IsEmpty()));
}

}  // namespace testing_support
}  // namespace ringview
