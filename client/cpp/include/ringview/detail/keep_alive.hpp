#pragma once

#include <memory>

namespace ringview::detail {

/// Deletes a core, or leaves that to the last slot or message that its owner handed out. A core, its handle and what
/// the handle gave out belong to one thread, so a flag does where threads would need a count.
///
/// Core has `bool is_in_use() const noexcept`, `bool is_orphaned` and `void become_orphan() noexcept`, which sets it.
template <class Core>
struct DeleteWhenUnused {
    void operator()(Core* core) const noexcept {
#ifndef __clang_analyzer__  // which takes a core with something out for one with nothing out, and warns of its use
        if (!core->is_in_use()) return delete core;
#endif
        core->become_orphan();
    }
};

template <class Core>
using CorePtr = std::unique_ptr<Core, DeleteWhenUnused<Core>>;

template <class Core>
[[gnu::noinline]] void delete_orphan(Core* core) noexcept {
    if (!core->is_in_use()) delete core;
}

/// To be called after something that a handle gave out has come back.
template <class Core>
[[gnu::always_inline]] inline void delete_if_orphaned([[maybe_unused]] Core* core) noexcept {
#ifndef __clang_analyzer__  // which does not see that only a handle that is gone leaves an orphan, and warns of its use
    if (core->is_orphaned) [[unlikely]]
        delete_orphan(core);
#endif
}

}  // namespace ringview::detail
