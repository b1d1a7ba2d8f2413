#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace ringview::platform {

/// The number behind "name:" on a line of a file in /proc or /sys, in bytes where it is given in kB. Nothing where
/// there is no such file, line or number.
std::optional<std::uint64_t> number_in(const std::string& path, const std::string& name);

/// The number that a file of /sys consists of.
std::optional<std::uint64_t> number_of(const std::string& path);

}  // namespace ringview::platform
