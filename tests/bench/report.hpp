#pragma once

#include <string>
#include <vector>

namespace ringview::bench {

/// One case against one baseline.
struct Figure {
    /// Fewer and the ratio is more noise than figure.
    static constexpr unsigned enough_pairs = 5;

    std::string bench{};
    std::string case_name{};
    double value = 0;
    double p99 = 0;  ///< of round trips; 0: none
    std::string unit{};
    std::string baseline{};
    double baseline_value = 0;
    double ratio = 0;      ///< median of the pairs' own ratios, value / baseline
    double target = 0;     ///< what the ratio is to reach; 0: only reported
    bool is_rate = false;  ///< more is better
    double level_ns = 0;   ///< the cache line's round trip meanwhile
    unsigned pairs = 0;    ///< measured at one level; 0 with none dropped: not measured in pairs
    unsigned dropped = 0;  ///< not
    double ratio_low = 0;  ///< quartiles of the pairs' own ratios
    double ratio_high = 0;

    bool is_paired() const noexcept { return pairs + dropped != 0; }
};

std::string table(const std::vector<Figure>& figures);
/// A list of {"bench","case","value","unit","baseline","baseline_value","ratio",…}.
std::string to_json(const std::vector<Figure>& figures);

}  // namespace ringview::bench
