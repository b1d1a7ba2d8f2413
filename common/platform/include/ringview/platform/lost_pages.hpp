#pragma once

#include <ringview/platform/mapping.hpp>

namespace ringview::platform {

/// A peer that may write shared memory may also take it away: shrink the file, or punch a hole that the pool cannot
/// fill again. Whoever touches what is gone gets a SIGBUS. While this lives, our process does not die of that: the
/// whole mapping becomes zeros, ours alone, and what peers write is not seen any more.
///
/// The first one sets this process's handler of SIGBUS, which leaves every other fault to the handler before it.
class LostPages {
 public:
    /// `mapping` must outlive this.
    explicit LostPages(const Mapping& mapping);
    LostPages(const LostPages&) = delete;
    LostPages& operator=(const LostPages&) = delete;
    ~LostPages();

    bool are_lost() const noexcept;
    /// In this thread: where the signal is blocked, a fault ends the process.
    static void let_faults_through() noexcept;
    /// How often that has happened in this process.
    static unsigned count() noexcept;

    struct Watched;

 private:
    Watched& watched_;
};

}  // namespace ringview::platform
