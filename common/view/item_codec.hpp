#pragma once
// Items between their bytes and Values. Loads and stores are memcpys: items may lie at any address.

#include <cstddef>

#include <ringview/view/format.hpp>
#include <ringview/view/value.hpp>

namespace ringview::detail {

/// The item of `type` at `at`, which has type.total_size() readable bytes.
Value read_item(const FormatType& type, const std::byte* at);

/// Writes `value` as `type` to `at`; padding stays as it is. Throws ViewError (type, value) and then has written
/// nothing.
void write_item(const FormatType& type, std::byte* at, const Value& value);

}  // namespace ringview::detail
