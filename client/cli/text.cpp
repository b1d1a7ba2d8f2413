#include "text.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <ringview/control/codec.hpp>

namespace ringview::cli {
namespace {

std::string percent_text(std::uint64_t part, std::uint64_t whole) {
    return whole == 0 ? "-" : fmt::format("{:.0f} %", 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

std::string pid_text(std::int64_t pid) {
    return pid == 0 ? "?" : std::to_string(pid);
}

std::string role_text(const ConsumerInfo& c) {
    if (c.group) return "member";
    const std::string role = c.policy == Policy::lossy ? "lossy" : "consumer";
    return c.durable ? "durable " + role : role;
}

std::string state_text(const ConsumerInfo& c) {
    if (c.evicted) return c.alive ? "evicted" : "evicted, away";
    if (!c.alive) return "away";
    return c.waiting ? "asleep" : "awake";
}

std::string time_text(std::uint64_t ns) {
    constexpr std::array units{"ns", "us", "ms", "s"};
    auto time = static_cast<double>(ns);
    std::size_t unit = 0;
    while (time >= 1000 && unit + 1 < units.size()) {
        time /= 1000;
        ++unit;
    }
    return unit == 0 ? fmt::format("{} ns", ns) : fmt::format("{:.1f} {}", time, units[unit]);
}

template <class Reader>
std::string lag_text(const Reader& r) {
    return r.lag_ns && r.lag != 0 ? fmt::format("{} ({})", r.lag, time_text(*r.lag_ns)) : std::to_string(r.lag);
}

std::string counts_text(const ConsumerInfo& member) {
    const std::string redelivered =
        member.redelivered.value_or(0) == 0 ? std::string{} : fmt::format(" ({} again)", *member.redelivered);
    return fmt::format("{}, took {}{}", state_text(member), member.delivered.value_or(0), redelivered);
}

std::vector<std::string> consumer_row(const ConsumerInfo& c) {
    return {role_text(c),
            c.name,
            c.alive ? pid_text(c.pid) : "-",
            std::to_string(c.uid),
            std::to_string(c.pos),
            lag_text(c),
            std::to_string(c.held),
            std::to_string(c.lost),
            std::to_string(c.skipped),
            c.group ? counts_text(c) : state_text(c)};
}

std::string state_text(const GroupInfo& g) {
    const std::string left = g.gone == 0 ? std::string{} : fmt::format(", {} gone left {}", g.gone, g.left_behind);
    return fmt::format("{} members{}", g.members, left);
}

/// A group, with its members below it.
void add_group_rows(std::vector<std::vector<std::string>>& rows, const RingInfo& ring, const GroupInfo& g) {
    rows.push_back({g.durable ? "durable group" : "group", g.name, "", std::to_string(g.uid), std::to_string(g.pos),
                    lag_text(g), "", "", "", state_text(g)});
    for (const ConsumerInfo& c : ring.consumers) {
        if (c.group == g.id) rows.push_back(consumer_row(c));
    }
}

std::string ring_text(const RingInfo& ring) {
    return fmt::format("{}  format {}  shape {}  {} slots of {}  {} of shared memory\n  published {}  unread {} ({})\n",
                       ring.name, ring.format, shape_text(ring.shape), ring.slots,
                       bytes_text(static_cast<double>(ring.slot_bytes)), bytes_text(static_cast<double>(ring.bytes)),
                       ring.published, ring.used, percent_text(ring.used, ring.slots));
}

/// What was really got, and of what was wished what not.
std::string memory_text(const RingInfo& ring) {
    if (!ring.memory) return {};
    const MemoryInfo& m = *ring.memory;
    const auto part = [&](const char* what, std::uint64_t bytes) {
        return bytes == 0 ? std::string{} : fmt::format("  {} {}", what, bytes_text(static_cast<double>(bytes)));
    };
    std::string text = fmt::format("  memory {}  pages of {}", control::backend_name(m.backend),
                                   bytes_text(static_cast<double>(m.page_bytes)));
    text += part("huge", m.huge_bytes) + part("prefaulted", m.prefaulted_bytes) + part("locked", m.locked_bytes) +
            part("swapped", m.swapped_bytes);
    for (const NodeBytes& n : m.nodes) text += part(fmt::format("node {}", n.node).c_str(), n.bytes);
    if (!m.note.empty()) text += "\n  " + m.note;
    return text + "\n";
}

std::string indented(const std::string& text) {
    std::string result;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = text.find('\n', begin);
        result += "  " + text.substr(begin, end - begin) + "\n";
        begin = end + 1;
    }
    return result;
}

std::string state_text(const ProducerInfo& p) {
    if (!p.alive)
        return fmt::format("dead: its line waits for {}, which may have claimed the same message", p.waits_for);
    if (!p.waits_for.empty()) return fmt::format("full: waits for {}", p.waits_for);
    const std::string claimed = p.claimed == 0 ? "" : fmt::format(", claimed {} and not published", p.claimed);
    return fmt::format("published {}, full {} times{}", p.published, p.full, claimed);
}

std::string members_text(const RingInfo& ring) {
    std::vector<std::vector<std::string>> rows{
        {"", "name", "pid", "uid", "pos", "lag", "held", "lost", "skipped", "state"}};
    for (const ProducerInfo& p : ring.producers) {
        rows.push_back({"producer", p.name, pid_text(p.pid), std::to_string(p.uid), "", "", "", "", "", state_text(p)});
    }
    for (const ConsumerInfo& c : ring.consumers) {
        if (!c.group) rows.push_back(consumer_row(c));
    }
    for (const GroupInfo& g : ring.groups) add_group_rows(rows, ring, g);
    return rows.size() == 1 ? "  nobody is attached\n" : indented(table_text(rows));
}

}  // namespace

std::string bytes_text(double bytes) {
    constexpr std::array units{"B", "KiB", "MiB", "GiB", "TiB"};
    std::size_t unit = 0;
    while (bytes >= 1024 && unit + 1 < units.size()) {
        bytes /= 1024;
        ++unit;
    }
    return unit == 0 ? fmt::format("{:.0f} B", bytes) : fmt::format("{:.1f} {}", bytes, units[unit]);
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
    return shape.empty() ? "-" : fmt::format("{}", fmt::join(shape, ","));
}

std::string table_text(const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> widths;
    for (const auto& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    }
    std::string text;
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) line += fmt::format("{:<{}}  ", row[i], widths[i]);
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + "\n";
    }
    return text;
}

std::string stat_text(const std::vector<RingInfo>& rings) {
    if (rings.empty()) return "There are no rings. Make one: ringview create NAME --shape 480,640,3\n";
    std::string text;
    for (const RingInfo& ring : rings) text += ring_text(ring) + memory_text(ring) + members_text(ring);
    return text;
}

}  // namespace ringview::cli
