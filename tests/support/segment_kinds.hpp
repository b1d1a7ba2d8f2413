#pragma once

#include <string>

#include <gtest/gtest.h>
#include <ringview/control/ring_spec.hpp>

/// The kinds of memory that what a ring does must not depend on: for tests that run on each of them.
namespace ringview::test {

struct SegmentKind {
    const char* name;
    Backend backend;
    HugePages huge_pages;

    RingSpec of(RingSpec spec) const {
        spec.backend = backend;
        spec.huge_pages = huge_pages;
        return spec;
    }
};

/// Where the machine has no huge pages, the last is as the one before.
inline const auto segment_kinds = testing::Values(SegmentKind{"posix", Backend::posix, HugePages::off},
                                                  SegmentKind{"memfd", Backend::memfd, HugePages::off},
                                                  SegmentKind{"huge_memfd", Backend::memfd, HugePages::attempt});

inline std::string name_of_kind(const testing::TestParamInfo<SegmentKind>& kind) {
    return kind.param.name;
}

}  // namespace ringview::test
