#include "proc_number.hpp"

#include <fstream>
#include <sstream>

namespace ringview::platform {

std::optional<std::uint64_t> number_in(const std::string& path, const std::string& name) {
    std::ifstream file(path);
    const std::string wanted = name + ":";
    for (std::string line; std::getline(file, line);) {
        const std::size_t begin = line.find(wanted);
        // At the beginning, or behind "Node 0 " in a node's meminfo.
        if (begin == std::string::npos || (begin != 0 && line[begin - 1] != ' ')) continue;
        std::istringstream fields(line.substr(begin + wanted.size()));
        std::uint64_t number = 0;
        std::string unit;
        if (!(fields >> number)) return std::nullopt;
        constexpr std::uint64_t kib = 1024;
        return fields >> unit && unit == "kB" ? number * kib : number;
    }
    return std::nullopt;
}

std::optional<std::uint64_t> number_of(const std::string& path) {
    std::ifstream file(path);
    std::uint64_t number = 0;
    if (!(file >> number)) return std::nullopt;
    return number;
}

}  // namespace ringview::platform
