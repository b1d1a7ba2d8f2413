#pragma once

#include <string>
#include <vector>

#include "report.hpp"

/// How many instructions a message takes, which no noise touches: counted by callgrind, which runs this program again.
namespace ringview::bench {

/// Publishing with 1, 4, 16 and 64 lossless subscriptions, and taking and releasing. Those whose case name contains
/// `only`; none, with a note, where there is no valgrind.
std::vector<Figure> instruction_figures(const std::string& only);

/// What callgrind runs: every subscription takes what is published.
int run_to_be_counted(unsigned subscriptions, bool are_lossy);

}  // namespace ringview::bench
