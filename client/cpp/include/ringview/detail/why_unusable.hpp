#pragma once

#include <ringview/platform/error.hpp>

namespace ringview::detail {

/// Error::closed in a handle that was moved from, Error::forked in a forked child. `Core` has an `attachment`.
/// Inlined everywhere: a compiler that sees a handle moved from must see too that nothing behind it is used.
template <class Core>
[[gnu::always_inline]] inline Error::Code why_unusable(const Core* core) noexcept {
    if (core == nullptr) [[unlikely]]
        return Error::closed;
    return core->attachment.is_in_creator() ? Error::Code{} : Error::forked;
}

}  // namespace ringview::detail
