#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace ringview {

/// What kind of mistake a ViewError reports.
enum class ViewErrc {
    index,       ///< an index is out of bounds, or there are too many or too few of them
    type,        ///< the operation or value does not suit this format or number of dimensions
    value,       ///< a value does not fit its field; shapes, sizes or bounds do not match
    readonly,    ///< a readonly view was to be written through
    format,      ///< a format string is malformed, or two formats have different layouts
    contiguity,  ///< the operation needs contiguous (or aligned) memory
};

std::string_view to_string(ViewErrc kind) noexcept;

/// Thrown by everything in this room. The message says what was wrong, what was expected and what to do.
class ViewError : public std::runtime_error {
 public:
    ViewError(ViewErrc kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
    ViewErrc kind() const noexcept { return kind_; }

 private:
    ViewErrc kind_;
};

}  // namespace ringview
