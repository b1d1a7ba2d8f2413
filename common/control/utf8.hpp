#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ringview::control {

/// `text` as JSON can carry it: what is no UTF-8 stands as `?`, and what passes `max_bytes` is left out, at a
/// character's border.
std::string as_utf8(std::string_view text, std::size_t max_bytes);

/// How much of `text` is UTF-8, from its begin on.
std::size_t utf8_bytes(std::string_view text);

}  // namespace ringview::control
