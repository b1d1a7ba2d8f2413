#pragma once

#include <sys/resource.h>
#include <unistd.h>

namespace ringview::test {

/// UndefinedBehaviorSanitizer opens descriptors of its own to look at objects with virtual functions, and reports an
/// error where it can have none. Tests that leave none are skipped under it.
#if defined(__clang__)
#if __has_feature(undefined_behavior_sanitizer)
#define RINGVIEW_SANITIZER_NEEDS_DESCRIPTORS
#endif
#endif
#ifdef RINGVIEW_SANITIZER_NEEDS_DESCRIPTORS
inline constexpr bool sanitizer_needs_descriptors = true;
#else
inline constexpr bool sanitizer_needs_descriptors = false;
#endif

/// While it lives, this process can open so many descriptors more.
class FewDescriptors {
 public:
    explicit FewDescriptors(unsigned more) {
        getrlimit(RLIMIT_NOFILE, &before_);
        const int lowest_free = dup(0);
        close(lowest_free);
        const rlimit few{static_cast<rlim_t>(lowest_free) + more, before_.rlim_max};
        setrlimit(RLIMIT_NOFILE, &few);
    }
    FewDescriptors(const FewDescriptors&) = delete;
    FewDescriptors& operator=(const FewDescriptors&) = delete;
    ~FewDescriptors() { setrlimit(RLIMIT_NOFILE, &before_); }

 private:
    rlimit before_{};
};

}  // namespace ringview::test
