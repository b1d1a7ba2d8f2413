#pragma once

namespace ringview::platform {

/// Makes this process one that membarrier() reaches. Idempotent; done again after fork (exec starts anew anyway).
/// Returns whether the process is registered.
bool register_membarrier() noexcept;

/// Makes every processor that runs a registered process, of whatever user, pass a full memory fence before it returns.
/// Returns whether it did. The caller need not be registered.
bool membarrier() noexcept;

/// Whether this kernel and this sandbox allow both.
bool has_membarrier() noexcept;

}  // namespace ringview::platform
