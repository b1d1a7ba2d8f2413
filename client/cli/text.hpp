#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ringview/control/ring_info.hpp>

/// How numbers and tables look to a person.
namespace ringview::cli {

/// "1.5 MiB".
std::string bytes_text(double bytes);
/// "480,640,3"; "-" for a single element.
std::string shape_text(const std::vector<std::int64_t>& shape);
/// Columns as wide as their widest cell; the first row is the heading.
std::string table_text(const std::vector<std::vector<std::string>>& rows);
/// What `ringview stat` prints.
std::string stat_text(const std::vector<RingInfo>& rings);

}  // namespace ringview::cli
