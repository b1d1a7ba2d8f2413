#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include <ringview/platform/page_facts.hpp>

namespace ringview::platform {
namespace {

constexpr std::uint64_t kib = 1024;

/// Of one area, while its lines are read.
struct AreaLines {
    std::uint64_t size = 0;
    std::uint64_t page = 0;
    std::uint64_t resident = 0;
    std::uint64_t transparent = 0;
    std::uint64_t reserved = 0;
    std::uint64_t swapped = 0;
    bool is_locked = false;

    PageFacts facts() const {
        // Reserved huge pages are not in Rss, are never swapped, and were allocated before they were mapped.
        const bool is_reserved = page > static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
        PageFacts f;
        f.page_bytes = page;
        f.huge_bytes = is_reserved ? size : transparent;
        f.mapped_bytes = is_reserved ? reserved : resident;
        f.locked_bytes = is_reserved ? size : is_locked ? resident : 0;
        f.swapped_bytes = swapped;
        return f;
    }
};

/// "Rss:   12 kB"
bool take(std::string_view line, std::string_view name, std::uint64_t& sum) {
    if (!line.starts_with(name)) return false;
    line.remove_prefix(std::min(line.find_first_of("0123456789"), line.size()));
    std::uint64_t number = 0;
    std::from_chars(line.data(), line.data() + line.size(), number);
    sum += number * kib;
    return true;
}

void take_line(std::string_view line, AreaLines& area) {
    if (line.starts_with("VmFlags:")) {
        area.is_locked = line.find(" lo") != std::string_view::npos;
        return;
    }
    take(line, "Size:", area.size) || take(line, "KernelPageSize:", area.page) || take(line, "Rss:", area.resident) ||
        take(line, "ShmemPmdMapped:", area.transparent) || take(line, "Shared_Hugetlb:", area.reserved) ||
        take(line, "Private_Hugetlb:", area.reserved) || take(line, "Swap:", area.swapped);
}

/// "7fd9afe00000-7fd9b0600000 rw-s …"; false for a line of another kind, each of which begins with a capital.
bool parse_range(std::string_view line, std::uint64_t& begin, std::uint64_t& end) {
    const auto first = std::from_chars(line.data(), line.data() + line.size(), begin, 16);
    if (first.ec != std::errc{} || first.ptr == line.data() + line.size() || *first.ptr != '-') return false;
    return std::from_chars(first.ptr + 1, line.data() + line.size(), end, 16).ec == std::errc{};
}

}  // namespace

PageFacts operator+(PageFacts left, const PageFacts& right) {
    left.page_bytes = std::max(left.page_bytes, right.page_bytes);
    left.huge_bytes += right.huge_bytes;
    left.mapped_bytes += right.mapped_bytes;
    left.locked_bytes += right.locked_bytes;
    left.swapped_bytes += right.swapped_bytes;
    for (const auto& [node, bytes] : right.node_bytes) left.node_bytes[node] += bytes;
    return left;
}

void ProcessPages::read_smaps() {
    std::ifstream file("/proc/self/smaps");
    AreaLines lines;
    const auto finish = [&] {
        if (!areas_.empty()) areas_.back().facts = lines.facts();
        lines = {};
    };
    for (std::string line; std::getline(file, line);) {
        Area area;
        if (parse_range(line, area.begin, area.end)) {
            finish();
            areas_.push_back(area);
        } else {
            take_line(line, lines);
        }
    }
    finish();
}

/// "7fd9afe00000 default file=… N0=2048 N1=3 kernelpagesize_kB=4": pages of that size by node. A kernel without NUMA
/// has no such file.
void ProcessPages::read_numa_maps() {
    std::ifstream file("/proc/self/numa_maps");
    for (std::string line; std::getline(file, line);) {
        std::uint64_t begin = 0;
        std::from_chars(line.data(), line.data() + line.size(), begin, 16);
        const auto area = std::lower_bound(areas_.begin(), areas_.end(), begin,
                                           [](const Area& a, std::uint64_t address) { return a.begin < address; });
        if (area == areas_.end() || area->begin != begin) continue;
        std::map<unsigned, std::uint64_t> pages;
        std::uint64_t page_kib = 0;
        std::istringstream words(line);
        for (std::string word; words >> word;) {
            unsigned node = 0;
            std::uint64_t count = 0;
            char equals = 0;
            std::istringstream number(word.substr(1));
            constexpr std::string_view size_word = "kernelpagesize_kB=";
            if (word[0] == 'N' && number >> node >> equals >> count && equals == '=') pages[node] = count;
            if (word.starts_with(size_word)) page_kib = std::stoull(word.substr(size_word.size()));
        }
        for (const auto& [node, count] : pages) area->facts.node_bytes[node] = count * page_kib * kib;
    }
}

ProcessPages ProcessPages::read() {
    ProcessPages pages;
    pages.read_smaps();
    pages.read_numa_maps();
    return pages;
}

PageFacts ProcessPages::of(std::span<const std::byte> memory) const {
    const auto begin = reinterpret_cast<std::uintptr_t>(memory.data());
    auto area = std::lower_bound(areas_.begin(), areas_.end(), begin,
                                 [](const Area& a, std::uintptr_t address) { return a.begin < address; });
    PageFacts sum;
    for (; area != areas_.end() && area->begin < begin + memory.size(); ++area) sum = sum + area->facts;
    return sum;
}

}  // namespace ringview::platform
