#pragma once

#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#define RINGVIEW_TELLS_OF_STACKS
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define RINGVIEW_TELLS_OF_STACKS
#endif
#endif

#ifdef RINGVIEW_TELLS_OF_STACKS
#include <sanitizer/common_interface_defs.h>
#endif

namespace ringview::explore {

/// Tells AddressSanitizer on which stack the program goes on: made right before the switch, told right after somebody
/// has switched back. For others it is nothing.
class StackSwitch {
#ifdef RINGVIEW_TELLS_OF_STACKS
 public:
    StackSwitch(const void* stack, std::size_t bytes) noexcept {
        __sanitizer_start_switch_fiber(&left_, stack, bytes);
    }
    static StackSwitch to_whoever_resumed() noexcept {
        return {resumer, resumer_bytes};
    }
    void is_back() const noexcept {
        __sanitizer_finish_switch_fiber(left_, nullptr, nullptr);
    }
    /// In a fiber, which is resumed: it learns by whom.
    static void has_arrived() noexcept {
        __sanitizer_finish_switch_fiber(nullptr, &resumer, &resumer_bytes);
    }

 private:
    static inline const void* resumer = nullptr;
    static inline std::size_t resumer_bytes = 0;
    void* left_ = nullptr;
#else
 public:
    StackSwitch(const void* /*stack*/, std::size_t /*bytes*/) noexcept {}
    static StackSwitch to_whoever_resumed() noexcept {
        return {nullptr, 0};
    }
    void is_back() const noexcept {}
    static void has_arrived() noexcept {}
#endif
};

}  // namespace ringview::explore
