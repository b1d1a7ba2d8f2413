#pragma once

#include <string>
#include <string_view>

#include <ringview/view/format.hpp>

namespace ringview::detail {

/// The layout that `text` describes. Throws ViewError(format).
FormatType parse_format(std::string_view text);

/// For messages: in quotes, shortened, and with whatever a terminal would not print escaped.
std::string quoted(std::string_view text);

}  // namespace ringview::detail
