#include "statistics.hpp"

#include <algorithm>
#include <cstddef>

namespace ringview::bench {

double quantile(std::vector<double>& samples, double share) {
    std::sort(samples.begin(), samples.end());
    return samples.at(static_cast<std::size_t>(share * static_cast<double>(samples.size() - 1)));
}

double median(std::vector<double> samples) {
    return quantile(samples, 0.5);
}

}  // namespace ringview::bench
