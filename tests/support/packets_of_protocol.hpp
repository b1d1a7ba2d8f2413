#pragma once

#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

/// The packets that PROTOCOL.md shows: its code blocks marked `json request`, `json reply`, `json refused`, `json
/// error`.
namespace ringview::testing_support {

struct DocumentedPacket {
    std::string section;  ///< the heading it stands under
    std::string kind;     ///< request, reply, refused, error
    std::string text;
};

inline std::vector<DocumentedPacket> packets_of_protocol(const std::string& path) {
    std::ifstream file(path);
    if (!file) throw std::runtime_error("cannot read " + path);
    const std::string opening = "```json ";
    std::vector<DocumentedPacket> packets;
    std::string section;
    bool is_inside = false;
    for (std::string line; std::getline(file, line);) {
        if (is_inside && line == "```") {
            is_inside = false;
        } else if (is_inside) {
            std::string& text = packets.back().text;
            text += (text.empty() ? "" : "\n") + line;
        } else if (line.starts_with(opening)) {
            is_inside = true;
            packets.push_back({section, line.substr(opening.size()), {}});
        } else if (line.starts_with("## ") || line.starts_with("### ")) {
            section = line.substr(line.find(' ') + 1);
        }
    }
    return packets;
}

}  // namespace ringview::testing_support
