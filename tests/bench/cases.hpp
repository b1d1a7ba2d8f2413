#pragma once

#include <functional>
#include <string>
#include <vector>

#include "level.hpp"
#include "measure.hpp"
#include "report.hpp"

namespace ringview::bench {

struct Effort {
    unsigned pairs = 15;       ///< measured at one level, of each comparison
    unsigned most_tries = 60;  ///< pairs tried for that
    double scale = 1;          ///< of messages in a measurement
};

/// A case and what it is compared with.
struct Comparison {
    std::string bench{};
    std::string case_name{};
    std::string unit{};
    std::string baseline{};
    double target = 0;
    bool is_rate = false;
    bool is_bound_to_level = true;  ///< the figure lives by the cache line's round trip
    std::function<Measured()> ours{};
    std::function<Measured()> theirs{};
};

std::vector<Comparison> all_comparisons(const std::string& daemon_socket, const Cpus& cpus, const Effort& effort);

/// Measures the two in turn until enough pairs were taken at one level.
Figure compare(const Comparison& comparison, const Cpus& cpus, const Effort& effort);

}  // namespace ringview::bench
