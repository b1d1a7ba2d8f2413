#pragma once

#include <vector>

namespace ringview::bench {

/// The value below which `share` (0 to 1) of the samples lie. Sorts them. There must be one.
double quantile(std::vector<double>& samples, double share);
double median(std::vector<double> samples);

}  // namespace ringview::bench
