#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

/// The demo's processes: one produces, two consume, and the one that the user started hosts the daemon and reports.
namespace ringview::cli::demo {

inline constexpr const char* telemetry_ring = "demo/telemetry";
inline constexpr const char* file_ring = "demo/file";
inline constexpr std::uint64_t file_slot_bytes = std::uint64_t{1} << 20;
inline constexpr std::uint64_t file_slots = 16;
/// The demo's own choice of a file is sent again and again until it comes to this, so that there is something to see.
inline constexpr std::uint64_t repeated_bytes = std::uint64_t{1} << 30;

/// What a process tells of its end of the file ring; it leaves it in a small file for the reporting process.
struct FileResult {
    std::uint64_t bytes = 0;
    double seconds = 0;
    std::uint64_t most_lag = 0;  ///< of a consumer: the most messages that were waiting for it
    std::string sha256{};
};

void save(const FileResult& result, const std::string& path);
FileResult load(const std::string& path);

/// `before_leaving` is called while the process is still attached, where `stat` shows it.
using BeforeLeaving = std::function<void()>;
/// Sends the file once, or again and again until `least_bytes` are sent.
FileResult produce_file(const std::string& socket, const std::string& path, std::uint64_t least_bytes,
                        const BeforeLeaving& before_leaving);
FileResult consume_file(const std::string& socket, const std::string& name, const BeforeLeaving& before_leaving);

/// Reads /proc/stat ten times a second until `is_done()`, at least `least_samples` times.
inline constexpr unsigned least_samples = 5;
void produce_telemetry(const std::string& socket, bool (*is_done)());
/// Returns the last load of each processor, in percent, once its producer has ended.
std::vector<double> consume_telemetry(const std::string& socket, const std::string& name);

/// The ring's spec comes from the record's type.
void create_rings(const std::string& socket);

}  // namespace ringview::cli::demo
