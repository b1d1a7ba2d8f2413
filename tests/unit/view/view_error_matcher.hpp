#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ringview/view/view_error.hpp>

namespace ringview {

/// The kind of the ViewError that `function` throws; a test failure if it throws none.
template <class Function>
ViewErrc kind_of(Function function) {
    try {
        function();
    } catch (const ViewError& error) {
        EXPECT_STRNE(error.what(), "");
        return error.kind();
    }
    ADD_FAILURE() << "no ViewError was thrown";
    return static_cast<ViewErrc>(-1);
}

// NOLINTNEXTLINE(readability-identifier-naming): GoogleTest's name
inline void PrintTo(ViewErrc kind, std::ostream* out) {
    *out << to_string(kind);
}

}  // namespace ringview
