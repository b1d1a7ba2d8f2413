#pragma once

#include <cstdio>
#include <string>
#include <utility>

#include <fmt/core.h>

namespace ringview::explore {

/// The first promise that was found broken. What is found on a fiber cannot be thrown, as the ring's calls are
/// noexcept.
class Findings {
 public:
    /// `traces`: says on stdout what happens.
    explicit Findings(bool traces) : traces_(traces) {}

    template <class... Args>
    void expect(bool holds, fmt::format_string<Args...> broken, Args&&... args) {
        if (!holds && first_.empty()) first_ = fmt::format(broken, std::forward<Args>(args)...);
    }
    template <class... Args>
    void trace(fmt::format_string<Args...> what, Args&&... args) const {
        if (traces_) fmt::print("{}\n", fmt::format(what, std::forward<Args>(args)...));
    }

    bool is_broken() const noexcept { return !first_.empty(); }
    /// Empty where every promise was kept.
    const std::string& first() const noexcept { return first_; }

 private:
    bool traces_;
    std::string first_;
};

}  // namespace ringview::explore
