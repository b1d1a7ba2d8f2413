#pragma once

#include <string>

#include <ringview/control/ring_name.hpp>
#include <ringview/platform/process.hpp>
#include <ringview/platform/shared_memory.hpp>

namespace ringview::testing_support {

/// An instance of its own for a test; whatever segments it still has go with it.
class TestInstance {
 public:
    TestInstance() = default;
    TestInstance(const TestInstance&) = delete;
    TestInstance& operator=(const TestInstance&) = delete;
    ~TestInstance() {
        for (const std::string& segment : segments()) platform::remove_segment(segment);
    }

    const std::string& name() const { return name_; }
    std::vector<std::string> segments() const { return platform::list_segments(control::segment_prefix(name_)); }

 private:
    std::string name_ = "test-" + std::to_string(platform::random_u64());
};

}  // namespace ringview::testing_support
