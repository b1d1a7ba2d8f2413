#pragma once

namespace ringview::server {

inline constexpr const char* version = RINGVIEW_VERSION;

}  // namespace ringview::server
