#include "report.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace ringview::bench {
namespace {

std::string number_text(double value) {
    return value >= 1000 ? fmt::format("{:.0f}", value) : fmt::format("{:.3g}", value);
}

std::string verdict(const Figure& f) {
    if (f.is_paired() && f.pairs < Figure::enough_pairs) return fmt::format("noisy: {} pairs", f.pairs);
    if (f.target == 0) return "";
    const bool is_reached = f.is_rate ? f.ratio >= f.target : f.ratio <= f.target;
    const bool is_noisy = f.is_paired() && f.ratio_low < f.target && f.target < f.ratio_high;
    return fmt::format("{} {:.2f}{}{}", f.is_rate ? ">=" : "<=", f.target, is_reached ? "" : "  not reached",
                       is_noisy ? "  noisy" : "");
}

std::string quartiles(const Figure& f) {
    return f.is_paired() ? fmt::format("{:.2f}-{:.2f}", f.ratio_low, f.ratio_high) : "-";
}
std::string pairs(const Figure& f) {
    return f.is_paired() ? fmt::format("{}/{}", f.pairs, f.pairs + f.dropped) : "-";
}

}  // namespace

std::string table(const std::vector<Figure>& figures) {
    std::string text =
        fmt::format("{:<31} {:>9} {:>9}  {:<8} {:<20} {:>9} {:>7} {:>12}  {:>6} {:>6}  {}\n", "case", "p50", "p99",
                    "unit", "baseline", "baseline", "ratio", "quartiles", "level", "pairs", "target");
    for (const Figure& f : figures) {
        text += fmt::format("{:<31} {:>9} {:>9}  {:<8} {:<20} {:>9} {:>7.2f} {:>12}  {:>6.0f} {:>6}  {}\n", f.case_name,
                            number_text(f.value), f.p99 == 0 ? "-" : number_text(f.p99), f.unit, f.baseline,
                            number_text(f.baseline_value), f.ratio, quartiles(f), f.level_ns, pairs(f), verdict(f));
    }
    return text;
}

std::string to_json(const std::vector<Figure>& figures) {
    boost::json::array list;
    for (const Figure& f : figures) {
        list.push_back(boost::json::object{{"bench", f.bench},
                                           {"case", f.case_name},
                                           {"value", f.value},
                                           {"unit", f.unit},
                                           {"baseline", f.baseline},
                                           {"baseline_value", f.baseline_value},
                                           {"ratio", f.ratio},
                                           {"ratio_low", f.ratio_low},
                                           {"ratio_high", f.ratio_high},
                                           {"p99", f.p99},
                                           {"target", f.target},
                                           {"level_ns", f.level_ns},
                                           {"pairs", f.pairs},
                                           {"dropped_pairs", f.dropped}});
    }
    return boost::json::serialize(list);
}

}  // namespace ringview::bench
