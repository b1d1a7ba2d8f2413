#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

/// The system's user and group names.
namespace ringview::platform {

std::optional<uid_t> uid_of_user(const std::string& name);
std::optional<gid_t> gid_of_group(const std::string& name);
/// The number as text where it has no name.
std::string user_name(uid_t uid);

}  // namespace ringview::platform
