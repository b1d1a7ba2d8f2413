#pragma once

#include <optional>

#include <gtest/gtest.h>
#include <ringview/platform/error.hpp>

namespace ringview::test {

/// The Error that `function` throws; a test failure and nothing where it throws none.
template <class Function>
std::optional<Error> error_of(Function function) {
    try {
        function();
    } catch (const Error& error) {
        return error;
    }
    ADD_FAILURE() << "no Error was thrown";
    return {};
}

/// The same, which must have `code`; its message, for a look at what it names.
template <class Function>
std::string message_of(Error::Code code, Function function) {
    const auto error = error_of(function);
    if (!error) return {};
    EXPECT_EQ(error->code(), code) << error->what();
    return error->message();
}

}  // namespace ringview::test
