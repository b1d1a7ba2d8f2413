#pragma once

#include <cstdint>
#include <string>
#include <vector>

/// The demo's processes: one produces, two consume, and the one that the user started hosts the daemon and reports.
namespace ringview::cli::demo {

inline constexpr const char* telemetry_ring = "demo/telemetry";
inline constexpr const char* file_ring = "demo/file";
inline constexpr std::uint64_t file_slot_bytes = std::uint64_t{1} << 20;
inline constexpr std::uint64_t file_slots = 16;
/// A file smaller than this is sent again and again, so that there is something to see.
inline constexpr std::uint64_t least_file_bytes = std::uint64_t{1} << 30;

/// What a process tells of its end of the file ring; it leaves it in a small file for the reporting process.
struct FileResult {
    std::uint64_t bytes = 0;
    double seconds = 0;
    std::uint64_t most_lag = 0;  ///< of a consumer: the most messages that were waiting for it
    std::string sha256{};
};

void save(const FileResult& result, const std::string& path);
FileResult load(const std::string& path);

FileResult produce_file(const std::string& socket, const std::string& path);
FileResult consume_file(const std::string& socket, const std::string& name);

/// Reads /proc/stat ten times a second until `is_done()`.
void produce_telemetry(const std::string& socket, bool (*is_done)());
/// Returns the last load of each processor, in percent, once its producer has ended.
std::vector<double> consume_telemetry(const std::string& socket, const std::string& name);

/// The ring's spec comes from the record's type.
void create_rings(const std::string& socket);

}  // namespace ringview::cli::demo
