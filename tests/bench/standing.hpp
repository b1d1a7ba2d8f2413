#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "report.hpp"

/// What is paid once, or for being there: figures with a limit instead of a baseline.
namespace ringview::bench {

struct StandingParameters {
    std::string daemon_socket;
    pid_t daemon_pid;
    bool is_quick;
};

/// Those whose case name contains `only`. Leaves no ring behind.
std::vector<Figure> standing_figures(const StandingParameters& parameters, const std::string& only);

}  // namespace ringview::bench
